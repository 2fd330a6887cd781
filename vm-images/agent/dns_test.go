package main

import (
	"math/rand"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

func query(t *testing.T, name string, kind dnsmessage.Type) []byte {
	t.Helper()
	message := dnsmessage.Message{Header: dnsmessage.Header{ID: 7, RecursionDesired: true}, Questions: []dnsmessage.Question{{Name: dnsmessage.MustNewName(name), Type: kind, Class: dnsmessage.ClassINET}}}
	packed, err := message.Pack()
	if err != nil {
		t.Fatal(err)
	}
	return packed
}

func TestNames(t *testing.T) {
	for _, c := range []struct {
		name    string
		kind    dnsmessage.Type
		code    dnsmessage.RCode
		answers int
	}{
		{"python.lab.", dnsmessage.TypeA, dnsmessage.RCodeSuccess, 1},
		{"Registry-1.Docker.IO.", dnsmessage.TypeA, dnsmessage.RCodeSuccess, 1},
		{"python.lab.", dnsmessage.TypeAAAA, dnsmessage.RCodeSuccess, 0},
		{"python.lab.", dnsmessage.TypeMX, dnsmessage.RCodeSuccess, 0},
		{"web.", dnsmessage.TypeA, dnsmessage.RCodeNameError, 0},
		{"localhost.", dnsmessage.TypeA, dnsmessage.RCodeNameError, 0},
		{"x.localhost.", dnsmessage.TypeA, dnsmessage.RCodeNameError, 0},
		{"2.0.18.198.in-addr.arpa.", dnsmessage.TypePTR, dnsmessage.RCodeNameError, 0},
		{".", dnsmessage.TypeNS, dnsmessage.RCodeNameError, 0},
	} {
		var answer dnsmessage.Message
		if err := answer.Unpack(answerQuery(query(t, c.name, c.kind))); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if answer.ID != 7 || !answer.Response || answer.RCode != c.code || len(answer.Answers) != c.answers || len(answer.Questions) != 1 {
			t.Errorf("%s %v: %+v", c.name, c.kind, answer)
		}
		if c.answers == 1 {
			if a, ok := answer.Answers[0].Body.(*dnsmessage.AResource); !ok || a.A != [4]byte{198, 18, 0, 2} {
				t.Errorf("%s: %+v", c.name, answer.Answers[0])
			}
		}
	}
}

func TestRubbishQueries(t *testing.T) {
	random := rand.New(rand.NewSource(1))
	good := query(t, "python.lab.", dnsmessage.TypeA)
	for i := 0; i < 5000; i++ {
		bad := append([]byte{}, good[:random.Intn(len(good)+1)]...)
		for n := 0; n < 3 && len(bad) > 0; n++ {
			bad[random.Intn(len(bad))] = byte(random.Intn(256))
		}
		answerQuery(bad)
	}
}
