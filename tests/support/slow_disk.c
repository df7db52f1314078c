// Loaded into a program by LD_PRELOAD: each sync takes as many milliseconds more as the file says that SLOW_DISK names, and
// ends sooner when the file says less meanwhile.

#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define STEP_MS 10

static long told_ms(void) {
    long told = 0;
    FILE *file = fopen(getenv("SLOW_DISK"), "r");
    if (file != NULL) {
        if (fscanf(file, "%ld", &told) != 1) {
            told = 0;
        }
        fclose(file);
    }
    return told;
}

static void wait_as_told(void) {
    const struct timespec step = {0, STEP_MS * 1000000L};
    for (long waited = 0; waited < told_ms(); waited += STEP_MS) {
        nanosleep(&step, NULL);
    }
}

int fsync(int file) {
    wait_as_told();
    return (int)syscall(SYS_fsync, file);
}

int fdatasync(int file) {
    wait_as_told();
    return (int)syscall(SYS_fdatasync, file);
}
