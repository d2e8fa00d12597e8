/*
 * A C program with hiredis against blynkd's socket: hiredis_client SOCKET STAMP. Says "subscribed" when it waits for V72,
 * "done" at the end; anything else ends it with status 1.
 */
#include <hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void expect(int good, const char *what, const redisContext *context)
{
    if (good)
        return;
    printf("failed: %s %s\n", what, context != NULL ? context->errstr : "");
    exit(1);
}

static redisReply *receive(redisContext *context, const char *what)
{
    void *reply = NULL;

    expect(redisGetReply(context, &reply) == REDIS_OK && reply != NULL, what, context);
    return reply;
}

static void pipeline(redisContext *context)
{
    for (int i = 0; i < 100; i++) {
        redisAppendCommand(context, "SET V71 %d", i);
        redisAppendCommand(context, "GET V71");
    }
    for (int i = 0; i < 100; i++) {
        redisReply *set = receive(context, "SET in a pipeline");
        redisReply *get = receive(context, "GET in a pipeline");

        expect(set->type == REDIS_REPLY_STATUS, "OK in a pipeline", context);
        expect(get->type == REDIS_REPLY_STRING && atoi(get->str) == i, "value in a pipeline", context);
        freeReplyObject(set);
        freeReplyObject(get);
    }
}

static void subscribe(redisContext *context)
{
    redisReply *reply = redisCommand(context, "SUBSCRIBE V72");

    expect(reply != NULL && reply->type == REDIS_REPLY_ARRAY && reply->elements == 3, "SUBSCRIBE", context);
    freeReplyObject(reply);
    puts("subscribed");
    reply = receive(context, "the message");
    expect(reply->type == REDIS_REPLY_ARRAY && reply->elements == 3, "the message's form", context);
    expect(strcmp(reply->element[0]->str, "message") == 0 && strcmp(reply->element[1]->str, "V72") == 0 &&
               strcmp(reply->element[2]->str, "to hiredis") == 0,
           "the message's text", context);
    freeReplyObject(reply);
}

int main(int argc, char **argv)
{
    const struct timeval patience = {30, 0};
    redisContext *context;
    redisReply *reply;

    setvbuf(stdout, NULL, _IOLBF, 0);
    expect(argc == 3, "usage: hiredis_client SOCKET STAMP", NULL);
    context = redisConnectUnixWithTimeout(argv[1], patience);
    expect(context != NULL && context->err == 0, "connect", context);
    redisSetTimeout(context, patience);
    reply = redisCommand(context, "SET V70 %b", argv[2], strlen(argv[2]));
    expect(reply != NULL && reply->type == REDIS_REPLY_STATUS && strcmp(reply->str, "OK") == 0, "SET",
           context);
    freeReplyObject(reply);
    reply = redisCommand(context, "GET V70");
    expect(reply != NULL && reply->type == REDIS_REPLY_STRING && strcmp(reply->str, argv[2]) == 0, "GET",
           context);
    freeReplyObject(reply);
    reply = redisCommand(context, "SET nonsense 1");
    expect(reply != NULL && reply->type == REDIS_REPLY_ERROR && strncmp(reply->str, "WRONGPIN", 8) == 0,
           "error", context);
    freeReplyObject(reply);
    pipeline(context);
    subscribe(context);
    redisFree(context);
    puts("done");
    return 0;
}
