/* What C firmware looks like to a debugger. Built by `build`; the tests read the result, and do not run it. */
typedef unsigned int u32;
typedef unsigned char u8;
typedef enum { IDLE, RUNNING = 5, FAULT = -1 } mode_t;
union raw { u32 word; u8 bytes[4]; };
struct sample { u8 channel; volatile int value; float volts; double scale; };
struct device {
    mode_t mode;
    const struct sample *latest;
    struct sample samples[3];
    union raw raw;
    _Bool ready;
    unsigned flag : 3;
    unsigned long long ticks;
    struct { short x, y; } at;
    int grid[2][3];
};
struct device DEVICE = { RUNNING, &DEVICE.samples[1], { {1, -10, 1.5f, 0.25}, {2, -20, 2.5f, 0.5}, {3, -30, 3.5f, 0.75} }, {0x01020304}, 1, 5, 1ull << 63, {-1, -2}, {{1, 2, 3}, {4, 5, 6}} };
static volatile u32 counter = 7;
extern u32 other_counter(void);
static const u32 LIMIT = 12;
static u32 gone;
static inline __attribute__((always_inline)) u32 twice(u32 x) { return 2 * x; }
__attribute__((noinline)) u32 step(u32 by) {
    register u32 local = by + LIMIT;
    static volatile u32 calls;
    calls++;
    counter += twice(local);
    return counter;
}
void _start(void) { gone = 3; step(1); other_counter(); for (;;); }
