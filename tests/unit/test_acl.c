#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/acl.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define OWN_UID    990
#define SOCKET_GID 980

static const struct acl plain = {.own_uid = OWN_UID, .socket_gid = SOCKET_GID};

static struct acl_peer peer(uid_t uid, gid_t gid)
{
    return (struct acl_peer){.uid = uid, .gid = gid};
}

static void test_without_rules(void **state)
{
    struct acl_peer root = peer(0, 0);
    struct acl_peer own = peer(OWN_UID, 1);
    struct acl_peer primary = peer(1000, SOCKET_GID);
    struct acl_peer supplementary = peer(1000, 1000);
    struct acl_peer stranger = peer(1000, 1000);

    (void)state;
    supplementary.groups[0] = 4;
    supplementary.groups[1] = SOCKET_GID;
    supplementary.group_count = 2;
    assert_int_equal(acl_role(&plain, &root), API_ADMIN);
    assert_int_equal(acl_role(&plain, &own), API_ADMIN);
    assert_int_equal(acl_role(&plain, &primary), API_WRITER);
    assert_int_equal(acl_role(&plain, &supplementary), API_WRITER);
    assert_int_equal(acl_role(&plain, &stranger), API_READER);
}

static void test_user_rule_decides(void **state)
{
    struct acl acl = plain;
    struct acl_peer member = peer(1000, SOCKET_GID);
    struct acl_peer root = peer(0, 0);

    (void)state;
    acl.rules[0] = (struct acl_rule){.is_group = true, .role = API_ADMIN, .id = SOCKET_GID};
    acl.rules[1] = (struct acl_rule){.role = API_READER, .id = 1000};
    acl.rule_count = 2;
    assert_int_equal(acl_role(&acl, &member), API_READER);
    acl.rules[1].id = 0;
    assert_int_equal(acl_role(&acl, &root), API_READER);
    assert_int_equal(acl_role(&acl, &member), API_ADMIN);
    acl.is_read_only = true;
    assert_int_equal(acl_role(&acl, &member), API_READER);
}

static void test_highest_group_rule_counts(void **state)
{
    struct acl acl = plain;
    struct acl_peer both = peer(1000, 50);

    (void)state;
    both.groups[0] = 51;
    both.group_count = 1;
    acl.rules[0] = (struct acl_rule){.is_group = true, .role = API_WRITER, .id = 50};
    acl.rules[1] = (struct acl_rule){.is_group = true, .role = API_ADMIN, .id = 51};
    acl.rules[2] = (struct acl_rule){.is_group = true, .role = API_READER, .id = 50};
    acl.rule_count = 3;
    assert_int_equal(acl_role(&acl, &both), API_ADMIN);
    both.group_count = 0;
    assert_int_equal(acl_role(&acl, &both), API_WRITER);
}

static void test_group_rule_can_lower_the_sockets_group(void **state)
{
    struct acl acl = plain;
    struct acl_peer member = peer(1000, SOCKET_GID);

    (void)state;
    acl.rules[0] = (struct acl_rule){.is_group = true, .role = API_READER, .id = SOCKET_GID};
    acl.rule_count = 1;
    assert_int_equal(acl_role(&acl, &member), API_READER);
}

static void add_rule(struct api_config *config, bool is_group, const char *name, enum api_role role)
{
    struct api_role_rule *rule = &config->rules[config->rule_count++];

    *rule = (struct api_role_rule){.is_group = is_group, .role = role};
    snprintf(rule->name, sizeof(rule->name), "%s", name);
}

static void test_names_are_looked_up(void **state)
{
    struct api_config config;
    struct acl acl;
    struct acl_missing missing;

    (void)state;
    api_config_init(&config);
    snprintf(config.socket_group, sizeof(config.socket_group), "daemon");
    add_rule(&config, false, "root", API_READER);
    add_rule(&config, true, "no-such-group-here", API_ADMIN);
    add_rule(&config, true, "root", API_WRITER);
    add_rule(&config, false, "4242", API_ADMIN);
    add_rule(&config, false, "42x", API_ADMIN);
    acl_resolve(&acl, &config, &missing);
    assert_int_equal(acl.own_uid, geteuid());
    assert_int_equal(acl.socket_gid, 1); /* Debian: base-passwd gives daemon the gid 1 everywhere */
    assert_int_equal(acl.rule_count, 3);
    assert_false(acl.rules[0].is_group);
    assert_int_equal(acl.rules[0].id, 0);
    assert_true(acl.rules[1].is_group);
    assert_int_equal(acl.rules[1].role, API_WRITER);
    assert_int_equal(acl.rules[2].id, 4242);
    assert_int_equal(missing.count, 2);
    assert_string_equal(missing.names[0], "no-such-group-here");
    assert_string_equal(missing.names[1], "42x");
}

static void test_unknown_socket_group_is_told(void **state)
{
    struct api_config config;
    struct acl acl;
    struct acl_missing missing;

    (void)state;
    api_config_init(&config);
    snprintf(config.socket_group, sizeof(config.socket_group), "no-such-group-here");
    acl_resolve(&acl, &config, &missing);
    assert_int_equal(acl.socket_gid, getegid());
    assert_int_equal(missing.count, 1);
}

static void test_kernel_tells_the_peer(void **state)
{
    struct acl_peer other;
    gid_t groups[256];
    int fds[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    assert_int_equal(acl_peer_of(fds[0], &other), 0);
    assert_int_equal(other.pid, getpid());
    assert_int_equal(other.uid, geteuid());
    assert_int_equal(other.gid, getegid());
    assert_int_equal(other.group_count, getgroups(256, groups));
    close(fds[0]);
    close(fds[1]);
    assert_int_equal(acl_peer_of(fds[0], &other), -EBADF);
}

static void test_role_words(void **state)
{
    enum api_role role;

    (void)state;
    assert_int_equal(api_role_parse("Writer", &role), 0);
    assert_int_equal(role, API_WRITER);
    assert_int_equal(api_role_parse("root", &role), -EINVAL);
    assert_string_equal(api_role_name(API_ADMIN), "admin");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_rules),
        cmocka_unit_test(test_user_rule_decides),
        cmocka_unit_test(test_highest_group_rule_counts),
        cmocka_unit_test(test_group_rule_can_lower_the_sockets_group),
        cmocka_unit_test(test_names_are_looked_up),
        cmocka_unit_test(test_unknown_socket_group_is_told),
        cmocka_unit_test(test_kernel_tells_the_peer),
        cmocka_unit_test(test_role_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
