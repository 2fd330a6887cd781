package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"strconv"
	"sync"
	"time"
)

func init() { operations["dial"] = dialThrough }

const dialTimeout = 10 * time.Second

// address is a socket or a port in the guest.
type address struct {
	Network string `json:"network"`
	Path    string `json:"path"`
	Host    string `json:"host"`
	Port    int    `json:"port"`
}

func (a address) String() string {
	if a.Network == "unix" {
		return "unix:" + a.Path
	}
	return "tcp:" + net.JoinHostPort(a.Host, strconv.Itoa(a.Port))
}

func (a address) check() error {
	switch {
	case a.Network == "unix":
		return checkPath(a.Path)
	case a.Network == "tcp" && a.Port > 0 && a.Port < 65536 && a.Host != "":
		return nil
	}
	return failure{"agent.bad-request", "an address is {network:\"unix\",path} or {network:\"tcp\",host,port}"}
}

func (a address) dial(ctx context.Context) (net.Conn, error) {
	dialer := net.Dialer{Timeout: dialTimeout, KeepAlive: -1}
	var conn net.Conn
	var err error
	if a.Network == "unix" {
		conn, err = dialer.DialContext(ctx, "unix", a.Path)
	} else {
		conn, err = dialer.DialContext(ctx, "tcp", net.JoinHostPort(a.Host, strconv.Itoa(a.Port)))
	}
	if err != nil {
		f := asFailure(err)
		var timeout net.Error
		if errors.Is(err, fs.ErrNotExist) || (errors.As(err, &timeout) && timeout.Timeout()) || f.Code == "agent.failed" {
			f.Code = "agent.refused"
		}
		f.Message = fmt.Sprintf("nothing answers at %v: %v", a, err)
		return nil, f
	}
	return conn, nil
}

// dialThrough joins the stream to a connection, raw both ways, half-closes included.
func dialThrough(c *call) error {
	var options struct {
		Address address `json:"address"`
	}
	if err := c.decode(&options); err != nil {
		return err
	}
	if err := options.Address.check(); err != nil {
		return err
	}
	conn, err := options.Address.dial(c.ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	stop := context.AfterFunc(c.ctx, func() { conn.Close() })
	defer stop()
	if err := c.reply(nil); err != nil {
		return err
	}
	var both sync.WaitGroup
	both.Add(2)
	go func() {
		defer both.Done()
		if _, err := io.Copy(conn, c.input); err != nil {
			conn.Close() // reset by the page, or refused by the other side
			return
		}
		if half, ok := conn.(interface{ CloseWrite() error }); ok {
			half.CloseWrite()
		}
	}()
	go func() {
		defer both.Done()
		if _, err := io.Copy(c.stream, conn); err != nil {
			conn.Close()
		}
		c.stream.Close()
	}()
	both.Wait()
	return nil
}
