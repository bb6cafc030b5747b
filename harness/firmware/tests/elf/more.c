/* A second file, with a variable that the first has as well. */
static volatile unsigned counter = 8;
unsigned other_counter(void) { return counter++; }
