package main

import (
	"encoding/json"
	"os"
	"syscall"
	"time"

	"github.com/creack/pty"
)

func init() { operations["pty"] = runPty }

// How long the programs of a terminal that was closed have to end before they are killed.
const hangupGrace = 300 * time.Millisecond

type size struct {
	Columns uint16 `json:"columns"`
	Rows    uint16 `json:"rows"`
}

func (s size) apply(terminal *os.File) error {
	if s.Columns == 0 || s.Rows == 0 {
		return failure{"agent.bad-request", "a terminal needs columns and rows"}
	}
	return pty.Setsize(terminal, &pty.Winsize{Cols: s.Columns, Rows: s.Rows})
}

func runPty(c *call) error {
	var options struct {
		programOptions
		size
	}
	if err := c.decode(&options); err != nil {
		return err
	}
	command, err := options.command()
	if err != nil {
		return err
	}
	master, slave, err := pty.Open()
	if err != nil {
		return err
	}
	defer master.Close()
	if err := options.size.apply(master); err != nil {
		slave.Close()
		return err
	}
	command.Stdin, command.Stdout, command.Stderr = slave, slave, slave
	command.SysProcAttr.Setctty = true
	err = c.session.link.starter.start(command)
	slave.Close()
	if err != nil {
		return err
	}
	pid := command.Process.Pid
	ended := make(chan struct{})
	if err := c.reply(map[string]any{"pid": pid}); err != nil {
		c.cancel()
	}

	go func() {
		defer c.cancel()
		for {
			kind, payload, err := readFrame(c.input)
			if err != nil {
				return
			}
			switch kind {
			case frameData:
				if _, err := master.Write(payload); err != nil {
					return
				}
			case frameResize:
				var wanted size
				if json.Unmarshal(payload, &wanted) == nil {
					wanted.apply(master)
				}
			default:
				c.fail(asFailure(wrongFrame(kind)))
				return
			}
		}
	}()

	go func() {
		select {
		case <-ended:
			return
		case <-c.ctx.Done():
		}
		killSession(pid, syscall.SIGHUP)
		killSession(pid, syscall.SIGCONT)
		master.SetReadDeadline(time.Now())
		select {
		case <-ended:
		case <-time.After(hangupGrace):
		}
		killSession(pid, syscall.SIGKILL)
	}()

	drained := make(chan struct{})
	go func() {
		defer close(drained)
		buffer := make([]byte, 8<<10)
		for {
			n, err := master.Read(buffer)
			if n > 0 {
				if c.frames.write(frameData, buffer[:n]) != nil {
					c.cancel()
					return
				}
			}
			if err != nil {
				return
			}
		}
	}()
	state, err := command.Process.Wait()
	close(ended)
	if err != nil {
		return err
	}
	select {
	case <-drained:
	case <-time.After(lingering):
		master.SetReadDeadline(time.Now())
		<-drained
	}
	body, _ := json.Marshal(map[string]int{"code": exitCode(state)})
	return c.frames.write(frameExit, body)
}
