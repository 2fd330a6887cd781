package main

import (
	"encoding/json"
	"io"
	"os"
	"sync"
	"syscall"
	"time"
)

func init() { operations["exec"] = runExec }

// How long the output of a program that has ended is awaited when a child of it still holds the pipe.
const lingering = 300 * time.Millisecond

var signals = map[string]syscall.Signal{"TERM": syscall.SIGTERM, "KILL": syscall.SIGKILL, "INT": syscall.SIGINT, "HUP": syscall.SIGHUP}

func runExec(c *call) error {
	var options programOptions
	if err := c.decode(&options); err != nil {
		return err
	}
	command, err := options.command()
	if err != nil {
		return err
	}
	stdin, err := command.StdinPipe()
	if err != nil {
		return err
	}
	stdout, outEnd, err := os.Pipe()
	if err != nil {
		return err
	}
	defer stdout.Close()
	stderr, errEnd, err := os.Pipe()
	if err != nil {
		outEnd.Close()
		return err
	}
	defer stderr.Close()
	command.Stdout, command.Stderr = outEnd, errEnd
	err = c.session.link.starter.start(command)
	outEnd.Close()
	errEnd.Close()
	if err != nil {
		stdin.Close()
		return err
	}
	pid := command.Process.Pid
	ended := make(chan struct{})
	if err := c.reply(map[string]any{"pid": pid}); err != nil {
		c.cancel()
	}

	go takeInput(c, pid, stdin, ended)
	go func() {
		select {
		case <-c.ctx.Done():
			killSession(pid, syscall.SIGKILL)
		case <-ended:
		}
	}()

	var readers sync.WaitGroup
	readers.Add(2)
	go copyFrames(&readers, c, frameData, stdout)
	go copyFrames(&readers, c, frameStderr, stderr)
	state, err := command.Process.Wait()
	close(ended)
	if err != nil {
		return err
	}
	drained := make(chan struct{})
	go func() { readers.Wait(); close(drained) }()
	select {
	case <-drained:
	case <-c.ctx.Done():
		stdout.Close()
		stderr.Close()
	case <-time.After(lingering):
		// A child left behind holds the pipes. What is in them now still goes out.
		stdout.SetReadDeadline(time.Now())
		stderr.SetReadDeadline(time.Now())
		<-drained
	}
	body, _ := json.Marshal(map[string]int{"code": exitCode(state)})
	return c.frames.write(frameExit, body)
}

// takeInput passes the page's frames on until the page gives up, which ends the program. The program need not read its
// input: signals are heard all the same.
func takeInput(c *call, pid int, stdin io.WriteCloser, ended <-chan struct{}) {
	defer c.cancel()
	input := make(chan []byte)
	go func() {
		defer stdin.Close()
		for data := range input {
			if _, err := stdin.Write(data); err != nil {
				for range input { // nobody reads it any more
				}
				return
			}
		}
	}()
	open := true
	defer func() {
		if open {
			close(input)
		}
	}()
	for {
		kind, payload, err := readFrame(c.input)
		if err != nil {
			return
		}
		switch {
		case kind == frameData && open:
			select {
			case input <- payload:
			case <-ended:
			case <-c.ctx.Done():
				return
			}
		case kind == frameData: // after the end: nothing to do with it
		case kind == frameEnd && open:
			close(input)
			open = false
		case kind == frameEnd:
		case kind == frameSignal:
			var wanted struct {
				Signal string `json:"signal"`
			}
			if json.Unmarshal(payload, &wanted) == nil && signals[wanted.Signal] != 0 {
				syscall.Kill(-pid, signals[wanted.Signal])
			}
		default:
			c.fail(asFailure(wrongFrame(kind)))
			return
		}
	}
}

func copyFrames(done *sync.WaitGroup, c *call, kind byte, from io.Reader) {
	defer done.Done()
	buffer := make([]byte, 16<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 {
			if c.frames.write(kind, buffer[:n]) != nil {
				c.cancel() // nobody reads: the program ends
				return
			}
		}
		if err != nil {
			return
		}
	}
}
