/* Does nothing until a signal kills it: how long that takes on this machine, now. */
#include <unistd.h>

int main(void)
{
    if (write(1, "x", 1) != 1)
        return 1;
    for (;;)
        pause();
}
