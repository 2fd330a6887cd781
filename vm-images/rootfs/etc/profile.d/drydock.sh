# Read by login shells of any kind.
export LANG=C.UTF-8
export TERM=${TERM:-xterm-256color}
export EDITOR=nano PAGER=less LESS=-FRX
# Milliseconds between two pictures of a build's progress. buildx draws it six to ten times a second, 40 lines each time, to count
# tenths of a second: 100 to 300 M instructions of a build of 2,500 M, and as much work again for the page.
export TTY_DISPLAY_RATE=500
