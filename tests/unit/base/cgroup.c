/* Limits of control groups, in made-up trees. */
#include "base/cgroup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "par/pool.h"
#include "report_util.h"
#include "unit.h"

/* Write a file of the tree, with the folders that it is in. */
static void grow(const char *name, const char *text)
{
    char path[512];
    snprintf(path, sizeof path, "%s", out_path(name));
    for (char *p = strstr(path, name) + 1; (p = strchr(p, '/')); *p++ = '/') {
        *p = '\0';
        (void)mkdir(path, 0700);
    }
    CHECK(out_spit(path, text) == 0);
}

static void plant(const char *groups)
{
    char command[600];
    snprintf(command, sizeof command, "rm -rf '%s'", out_path("tree"));
    CHECK(system(command) == 0); /* NOLINT(cert-env33-c): a fixed command on a path of the test's own */
    (void)mkdir(out_path("tree"), 0700);
    grow("tree/proc/self/cgroup", groups);
    CHECK(setenv("KCLUST_CGROUP_ROOT", out_path("tree"), 1) == 0);
}

TEST(cgroup_memory_of_both_versions)
{
    uint64_t limit;
    plant("0::/a/b\n");
    CHECK(kc_cgroup_room(&limit) == UINT64_MAX && limit == UINT64_MAX); /* no tree */
    grow("tree/sys/fs/cgroup/a/b/memory.max", "max\n");
    CHECK(kc_cgroup_room(&limit) == UINT64_MAX);
    grow("tree/sys/fs/cgroup/a/memory.max", "1000\n");
    CHECK(kc_cgroup_room(&limit) == 1000 && limit == 1000); /* the group above */
    grow("tree/sys/fs/cgroup/a/b/memory.max", "5000\n");
    grow("tree/sys/fs/cgroup/a/b/memory.current", "4700\n");
    CHECK(kc_cgroup_room(&limit) == 300 && limit == 5000); /* least room, not least limit */
    grow("tree/sys/fs/cgroup/a/b/memory.stat", "anon 7\ninactive_file 400\nactive_file 50\n");
    CHECK(kc_cgroup_room(&limit) == 750);
    grow("tree/proc/meminfo", "MemFree: 9 kB\nSwapFree:  2 kB\n");
    CHECK(kc_cgroup_room(&limit) == 750 + 2048);
    grow("tree/sys/fs/cgroup/a/b/memory.swap.max", "1000\n");
    grow("tree/sys/fs/cgroup/a/b/memory.swap.current", "900\n");
    CHECK(kc_cgroup_room(&limit) == 750 + 100);

    plant("12:cpu,cpuacct:/\n4:memory:/docker/x\n0::/\n");
    grow("tree/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
    CHECK(kc_cgroup_room(&limit) == UINT64_MAX); /* version 1's way to say none */
    grow("tree/sys/fs/cgroup/memory/memory.limit_in_bytes", "8000\n"); /* the path is one of the host's */
    CHECK(kc_cgroup_room(&limit) == 8000);
    grow("tree/sys/fs/cgroup/memory/docker/x/memory.limit_in_bytes", "3000\n");
    grow("tree/sys/fs/cgroup/memory/docker/x/memory.usage_in_bytes", "9000\n");
    grow("tree/sys/fs/cgroup/memory/docker/x/memory.stat", "total_inactive_file 7000\n");
    CHECK(kc_cgroup_room(&limit) == 1000 && limit == 3000);
    grow("tree/sys/fs/cgroup/unified/memory.max", "10\n"); /* both trees at once */
    CHECK(kc_cgroup_room(&limit) == 10);
    plant("4:memory:/../../x\nnonsense\n\n:::\n");
    CHECK(kc_cgroup_room(&limit) == UINT64_MAX);
    CHECK(unsetenv("KCLUST_CGROUP_ROOT") == 0);
}

TEST(cgroup_quotas_of_both_versions)
{
    plant("0::/a\n");
    CHECK(kc_cgroup_cpus() == 0);
    grow("tree/sys/fs/cgroup/a/cpu.max", "max 100000\n");
    CHECK(kc_cgroup_cpus() == 0);
    grow("tree/sys/fs/cgroup/a/cpu.max", "150000 100000\n");
    CHECK(kc_cgroup_cpus() == 2);
    grow("tree/sys/fs/cgroup/cpu.max", "50000 100000\n");
    CHECK(kc_cgroup_cpus() == 1 && kc_pool_cpus() == 1);
    plant("3:cpu,cpuacct:/x\n");
    grow("tree/sys/fs/cgroup/cpu,cpuacct/x/cpu.cfs_quota_us", "-1\n");
    grow("tree/sys/fs/cgroup/cpu,cpuacct/x/cpu.cfs_period_us", "100000\n");
    CHECK(kc_cgroup_cpus() == 0);
    grow("tree/sys/fs/cgroup/cpu,cpuacct/x/cpu.cfs_quota_us", "300001\n");
    CHECK(kc_cgroup_cpus() == 4);
    CHECK(unsetenv("KCLUST_CGROUP_ROOT") == 0 && kc_pool_cpus() >= 1);
}
