# Read by login shells of any kind.
export LANG=C.UTF-8
export TERM=${TERM:-xterm-256color}
export EDITOR=nano PAGER=less LESS=-FRX
