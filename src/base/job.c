#include "blynkd/base/job.h"

#include "timer_driver.h"

int job_start(struct sched *sched, struct job *job)
{
    job->forgotten = false;
    return sched->ops->start_job(sched, job);
}

void job_forget(struct job *job)
{
    job->forgotten = true;
}

void job_finish(struct job *job)
{
    if (!job->forgotten) {
        job->on_done(job);
    }
    job->release(job);
}
