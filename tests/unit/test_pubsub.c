#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/glob.h"
#include "api/pubsub.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Everything that is delivered, as text: "a:V5 b:V*=V5 ". */
static char seen[512];

static void deliver(void *arg, void *owner, const char *pattern, size_t pattern_len)
{
    size_t used = strlen(seen);

    snprintf(seen + used, sizeof(seen) - used, "%s%s%.*s:%s ", (const char *)owner, pattern ? "~" : "",
             (int)pattern_len, pattern ? pattern : "", (const char *)arg);
}

static size_t publish(const struct pubsub *pubsub, const char *name)
{
    unsigned channel;

    seen[0] = '\0';
    assert_int_equal(pubsub_channel_parse(name, strlen(name), &channel), 0);
    return pubsub_publish(pubsub, channel, deliver, (void *)(uintptr_t)name);
}

struct fixture {
    struct pubsub pubsub;
    struct pubsub_subscriber a;
    struct pubsub_subscriber b;
};

static int setup(void **state)
{
    static struct fixture fixture;

    pubsub_init(&fixture.pubsub);
    pubsub_subscriber_init(&fixture.a, (void *)(uintptr_t) "a");
    pubsub_subscriber_init(&fixture.b, (void *)(uintptr_t) "b");
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    pubsub_unsubscribe_all(&f->pubsub, &f->a);
    pubsub_unsubscribe_all(&f->pubsub, &f->b);
    return f->pubsub.pattern_count == 0 && list_empty(&f->pubsub.patterns) ? 0 : -1;
}

static unsigned channel_of(const char *name)
{
    unsigned channel = 0;

    assert_int_equal(pubsub_channel_parse(name, strlen(name), &channel), 0);
    return channel;
}

static void subscribe(struct fixture *f, struct pubsub_subscriber *who, const char *name)
{
    assert_int_equal(pubsub_subscribe(&f->pubsub, who, channel_of(name)), 0);
}

static void psubscribe(struct fixture *f, struct pubsub_subscriber *who, const char *pattern)
{
    assert_int_equal(pubsub_subscribe_pattern(&f->pubsub, who, pattern, strlen(pattern)), 0);
}

static void test_names(void **state)
{
    char name[PUBSUB_NAME_MAX];
    unsigned channel;

    (void)state;
    assert_string_equal(pubsub_channel_name(channel_of("v5"), name), "V5");
    assert_string_equal(pubsub_channel_name(channel_of("a255"), name), "A255");
    assert_string_equal(pubsub_channel_name(channel_of("LINK"), name), "link");
    assert_string_equal(pubsub_channel_name(channel_of("trace"), name), "trace");
    assert_string_equal(pubsub_channel_name(channel_of("internal"), name), "internal");
    assert_int_equal(pubsub_channel_parse("V256", 4, &channel), -EINVAL);
    assert_int_equal(pubsub_channel_parse("lin", 3, &channel), -EINVAL);
    assert_int_equal(pubsub_channel_parse("", 0, &channel), -EINVAL);
}

static void test_each_hears_what_it_asked_for(void **state)
{
    struct fixture *f = *state;

    subscribe(f, &f->a, "V5");
    subscribe(f, &f->b, "V5");
    subscribe(f, &f->b, "link");
    assert_int_equal(publish(&f->pubsub, "V5"), 2);
    assert_string_equal(seen, "a:V5 b:V5 ");
    assert_int_equal(publish(&f->pubsub, "link"), 1);
    assert_string_equal(seen, "b:link ");
    assert_int_equal(publish(&f->pubsub, "V6"), 0);
}

static void test_name_and_patterns_deliver_each(void **state)
{
    struct fixture *f = *state;

    subscribe(f, &f->a, "V5");
    psubscribe(f, &f->a, "V*");
    psubscribe(f, &f->a, "?5");
    assert_int_equal(publish(&f->pubsub, "V5"), 3);
    assert_string_equal(seen, "a:V5 a~V*:V5 a~?5:V5 ");
}

static void test_twice_counts_once(void **state)
{
    struct fixture *f = *state;

    subscribe(f, &f->a, "V5");
    subscribe(f, &f->a, "v5");
    psubscribe(f, &f->a, "V*");
    psubscribe(f, &f->a, "V*");
    assert_int_equal(pubsub_count(&f->a), 2);
    assert_int_equal(pubsub_subscribers(&f->pubsub, channel_of("V5")), 1);
}

static void test_unsubscribe(void **state)
{
    struct fixture *f = *state;
    unsigned channel;
    const char *pattern;
    size_t len;

    subscribe(f, &f->a, "V1");
    subscribe(f, &f->a, "V2");
    psubscribe(f, &f->a, "V*");
    pubsub_unsubscribe(&f->a, channel_of("V1"));
    pubsub_unsubscribe(&f->a, channel_of("V9")); /* never subscribed */
    assert_true(pubsub_first_channel(&f->a, &channel));
    assert_int_equal(channel, channel_of("V2"));
    assert_true(pubsub_first_pattern(&f->a, &pattern, &len));
    assert_memory_equal(pattern, "V*", 2);
    pubsub_unsubscribe_pattern(&f->pubsub, &f->a, "V*", 2);
    assert_false(pubsub_first_pattern(&f->a, &pattern, &len));
    assert_int_equal(publish(&f->pubsub, "V1"), 0);
    assert_int_equal(publish(&f->pubsub, "V2"), 1);
}

static void test_trace_is_for_admins(void **state)
{
    struct fixture *f = *state;

    psubscribe(f, &f->a, "*");
    assert_false(pubsub_wanted(&f->pubsub, PUBSUB_TRACE));
    assert_int_equal(publish(&f->pubsub, "trace"), 0);
    assert_int_equal(publish(&f->pubsub, "link"), 1);
    f->b.sees_trace = true;
    psubscribe(f, &f->b, "tr*");
    assert_true(pubsub_wanted(&f->pubsub, PUBSUB_TRACE));
    publish(&f->pubsub, "trace");
    assert_string_equal(seen, "b~tr*:trace ");
}

static void test_patterns_are_bounded(void **state)
{
    struct fixture *f = *state;
    char pattern[GLOB_PATTERN_MAX + 1];

    memset(pattern, 'x', sizeof(pattern));
    assert_int_equal(pubsub_subscribe_pattern(&f->pubsub, &f->a, pattern, sizeof(pattern)), -EMSGSIZE);
    for (size_t i = 0; i < PUBSUB_PATTERNS_MAX; i++) {
        assert_int_equal(pubsub_subscribe_pattern(&f->pubsub, &f->a, pattern, i + 1), 0);
    }
    assert_int_equal(pubsub_subscribe_pattern(&f->pubsub, &f->a, "V*", 2), -E2BIG);
    assert_int_equal(f->a.pattern_count, PUBSUB_PATTERNS_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test_setup_teardown(test_each_hears_what_it_asked_for, setup, teardown),
        cmocka_unit_test_setup_teardown(test_name_and_patterns_deliver_each, setup, teardown),
        cmocka_unit_test_setup_teardown(test_twice_counts_once, setup, teardown),
        cmocka_unit_test_setup_teardown(test_unsubscribe, setup, teardown),
        cmocka_unit_test_setup_teardown(test_trace_is_for_admins, setup, teardown),
        cmocka_unit_test_setup_teardown(test_patterns_are_bounded, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
