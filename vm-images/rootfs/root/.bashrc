case $- in *i*) ;; *) return ;; esac

export LANG=C.UTF-8 EDITOR=nano PAGER=less LESS=-FRX
HISTSIZE=1000 HISTFILESIZE=2000 HISTCONTROL=ignoredups
shopt -s histappend checkwinsize cmdhist lithist
PS1='\u@\h:\w\$ '
# What dircolors prints at its start, kept short: one program less at each prompt's birth.
export LS_COLORS='rs=0:di=01;34:ln=01;36:pi=40;33:so=01;35:bd=40;33;01:cd=40;33;01:or=40;31;01:ex=01;32:*.tar=01;31:*.gz=01;31:*.zip=01;31'
alias ls='ls --color=auto' grep='grep --color=auto' ll='ls -l' la='ls -A'

[ -n "$DRYDOCK_NONCE" ] && . /etc/drydock/shell-integration.bash

command_not_found_handle() { /usr/libexec/drydock/missing-command "$1"; }
