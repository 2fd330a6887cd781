// Package conformance tests the page's Docker Hub over HTTP: the requirements of the OCI distribution specification 1.1 one by
// one, then whole images with clients written by others. The environment says where the hub is served and which account to use,
// in the same variables as the specification's own suite.
package conformance

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go"
	v1 "github.com/opencontainers/image-spec/specs-go/v1"
)

var (
	root     = os.Getenv("OCI_ROOT_URL")
	name     = os.Getenv("OCI_NAMESPACE")
	other    = os.Getenv("OCI_CROSSMOUNT_NAMESPACE")
	user     = os.Getenv("OCI_USERNAME")
	password = os.Getenv("OCI_PASSWORD")
)

func TestMain(m *testing.M) {
	if root == "" || name == "" || other == "" || user == "" || password == "" {
		fmt.Fprintln(os.Stderr, "set OCI_ROOT_URL, OCI_NAMESPACE, OCI_CROSSMOUNT_NAMESPACE, OCI_USERNAME and OCI_PASSWORD")
		os.Exit(2)
	}
	os.Exit(m.Run())
}

type reply struct {
	status int
	header http.Header
	body   []byte
}

type option func(*http.Request)

func with(key, value string) option { return func(r *http.Request) { r.Header.Set(key, value) } }

// chunk sends the body with a length and, if it is not empty, a Content-Range.
func chunk(contentRange string) option {
	return func(r *http.Request) {
		r.Header.Set("Content-Type", "application/octet-stream")
		if contentRange != "" {
			r.Header.Set("Content-Range", contentRange)
		}
	}
}

// streamed hides the body's length, so that it is sent in HTTP's chunked encoding.
func streamed(r *http.Request) {
	r.ContentLength = -1
	r.Body = io.NopCloser(io.MultiReader(r.Body))
}

var parameter = regexp.MustCompile(`(\w+)="([^"]*)"`)

// token requests a token from the place that a challenge names.
func token(t *testing.T, challenge string) string {
	t.Helper()
	fields := map[string]string{}
	for _, match := range parameter.FindAllStringSubmatch(challenge, -1) {
		fields[match[1]] = match[2]
	}
	request, err := http.NewRequest("GET", fields["realm"]+"?"+url.Values{"service": {fields["service"]}, "scope": {fields["scope"]}}.Encode(), nil)
	if err != nil {
		t.Fatal(err)
	}
	request.SetBasicAuth(user, password)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var answer struct{ Token string }
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil || answer.Token == "" {
		t.Fatalf("no token: status %d, %v", response.StatusCode, err)
	}
	return answer.Token
}

func once(t *testing.T, method, address, bearer string, body []byte, options []option) reply {
	t.Helper()
	if strings.HasPrefix(address, "/") {
		address = root + address
	}
	var reader io.Reader
	if body != nil {
		reader = bytes.NewReader(body)
	}
	request, err := http.NewRequest(method, address, reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, set := range options {
		set(request)
	}
	if bearer != "" {
		request.Header.Set("Authorization", "Bearer "+bearer)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	got, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{response.StatusCode, response.Header, got}
}

// ask sends a request and, if the answer is a challenge, sends it again with a token.
func ask(t *testing.T, method, address string, body []byte, options ...option) reply {
	t.Helper()
	first := once(t, method, address, "", body, options)
	if first.status != http.StatusUnauthorized {
		return first
	}
	return once(t, method, address, token(t, first.header.Get("WWW-Authenticate")), body, options)
}

func (r reply) want(t *testing.T, statuses ...int) reply {
	t.Helper()
	for _, status := range statuses {
		if r.status == status {
			return r
		}
	}
	t.Fatalf("status %d, want one of %v; body %s", r.status, statuses, r.body)
	return r
}

func (r reply) has(t *testing.T, key, value string) reply {
	t.Helper()
	if got := r.header.Get(key); got != value {
		t.Fatalf("%s is %q, want %q", key, got, value)
	}
	return r
}

// fails checks an error's form: only known codes, in upper case, and among them the one wanted.
func (r reply) fails(t *testing.T, status int, code string) {
	t.Helper()
	r.want(t, status)
	var answer struct {
		Errors []struct{ Code, Message string }
	}
	if err := json.Unmarshal(r.body, &answer); err != nil || len(answer.Errors) == 0 {
		t.Fatalf("not an error in the specification's form: %s", r.body)
	}
	for _, e := range answer.Errors {
		if !regexp.MustCompile(`^[A-Z_]+$`).MatchString(e.Code) {
			t.Fatalf("code %q", e.Code)
		}
		if e.Code == code {
			return
		}
	}
	t.Fatalf("codes %v, want %s", answer.Errors, code)
}

func (r reply) location(t *testing.T) string {
	t.Helper()
	location := r.header.Get("Location")
	if location == "" {
		t.Fatal("no Location")
	}
	return location
}

func (r reply) into(t *testing.T, value any) {
	t.Helper()
	if err := json.Unmarshal(r.body, value); err != nil {
		t.Fatalf("%v in %s", err, r.body)
	}
}

func addQuery(location, key, value string) string {
	separator := "?"
	if strings.Contains(location, "?") {
		separator = "&"
	}
	return location + separator + key + "=" + url.QueryEscape(value)
}

func random(size int) []byte {
	b := make([]byte, size)
	if _, err := rand.Read(b); err != nil {
		panic(err)
	}
	return b
}

func blobPath(repository string, d digest.Digest) string {
	return "/v2/" + repository + "/blobs/" + d.String()
}
func manifestPath(repository, reference string) string {
	return "/v2/" + repository + "/manifests/" + reference
}
func uploadPath(repository string) string { return "/v2/" + repository + "/blobs/uploads/" }
func describe(mediaType string, b []byte) v1.Descriptor {
	return v1.Descriptor{MediaType: mediaType, Digest: digest.FromBytes(b), Size: int64(len(b))}
}

func pushBlob(t *testing.T, repository string, b []byte) digest.Digest {
	t.Helper()
	d := digest.FromBytes(b)
	start := ask(t, "POST", uploadPath(repository), nil).want(t, 202)
	ask(t, "PUT", addQuery(start.location(t), "digest", d.String()), b, chunk("")).want(t, 201)
	return d
}

type image struct {
	manifest      []byte
	digest        digest.Digest
	config, layer digest.Digest
}

func (i image) descriptor() *v1.Descriptor {
	return &v1.Descriptor{MediaType: v1.MediaTypeImageManifest, Digest: i.digest, Size: int64(len(i.manifest))}
}

// makeImage pushes the blobs of a new image; the manifest is left to the caller.
func makeImage(t *testing.T, change func(*v1.Manifest)) image {
	t.Helper()
	layer, config := random(700), []byte(fmt.Sprintf(`{"os":"linux","architecture":"386","author":"%x"}`, random(8)))
	manifest := v1.Manifest{
		Versioned: specs.Versioned{SchemaVersion: 2},
		MediaType: v1.MediaTypeImageManifest,
		Config:    describe(v1.MediaTypeImageConfig, config),
		Layers:    []v1.Descriptor{describe(v1.MediaTypeImageLayerGzip, layer)},
	}
	if change != nil {
		change(&manifest)
	}
	b, err := json.Marshal(manifest)
	if err != nil {
		t.Fatal(err)
	}
	return image{b, digest.FromBytes(b), pushBlob(t, name, config), pushBlob(t, name, layer)}
}

func pushManifest(t *testing.T, reference, mediaType string, b []byte) reply {
	t.Helper()
	return ask(t, "PUT", manifestPath(name, reference), b, with("Content-Type", mediaType))
}

func pushImage(t *testing.T, reference string, change func(*v1.Manifest)) image {
	t.Helper()
	made := makeImage(t, change)
	pushManifest(t, reference, v1.MediaTypeImageManifest, made.manifest).want(t, 201)
	return made
}
