package conformance

import (
	"archive/tar"
	"bytes"
	"context"
	"io"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/authn"
	ggcr "github.com/google/go-containerregistry/pkg/name"
	gov1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	goimage "github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/stream"
	gotypes "github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/google/go-containerregistry/pkg/v1/validate"
	v1 "github.com/opencontainers/image-spec/specs-go/v1"
	"oras.land/oras-go/v2"
	"oras.land/oras-go/v2/content/memory"
	"oras.land/oras-go/v2/registry"
	orasremote "oras.land/oras-go/v2/registry/remote"
	"oras.land/oras-go/v2/registry/remote/auth"
)

func host(t *testing.T) string {
	t.Helper()
	parsed, err := url.Parse(root)
	if err != nil {
		t.Fatal(err)
	}
	return parsed.Host
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestGoContainerRegistry uses the library of crane, which kaniko, ko and cosign are built on.
func TestGoContainerRegistry(t *testing.T) {
	known := remote.WithAuth(&authn.Basic{Username: user, Password: password})
	reference := func(t *testing.T, text string) ggcr.Reference {
		t.Helper()
		parsed, err := ggcr.ParseReference(host(t)+"/"+text, ggcr.Insecure)
		must(t, err)
		return parsed
	}

	t.Run("an image goes and comes back whole", func(t *testing.T) {
		image, err := goimage.Image(50_000, 4)
		must(t, err)
		must(t, remote.Write(reference(t, name+":crane"), image, known))
		back, err := remote.Image(reference(t, name+":crane"), known)
		must(t, err)
		must(t, validate.Image(back))
		there, err := back.Digest()
		must(t, err)
		if here, err := image.Digest(); err != nil || here != there {
			t.Fatal(here, there, err)
		}
	})
	t.Run("an index goes and comes back whole", func(t *testing.T) {
		index, err := goimage.Index(1000, 2, 3)
		must(t, err)
		must(t, remote.WriteIndex(reference(t, name+":crane-index"), index, known))
		back, err := remote.Index(reference(t, name+":crane-index"), known)
		must(t, err)
		must(t, validate.Index(back))
	})
	t.Run("Docker's media types", func(t *testing.T) {
		image, err := goimage.Image(1000, 2)
		must(t, err)
		image = mutate.ConfigMediaType(mutate.MediaType(image, gotypes.DockerManifestSchema2), gotypes.DockerConfigJSON)
		must(t, remote.Write(reference(t, name+":crane-docker"), image, known))
		got, err := remote.Head(reference(t, name+":crane-docker"), known)
		must(t, err)
		if got.MediaType != gotypes.DockerManifestSchema2 {
			t.Fatal(got.MediaType)
		}
	})
	t.Run("a layer of 20 MB whose size and digest are known only at its end", func(t *testing.T) {
		var archive bytes.Buffer
		writer := tar.NewWriter(&archive)
		must(t, writer.WriteHeader(&tar.Header{Name: "file", Mode: 0o644, Size: 20_000_000}))
		_, err := writer.Write(random(20_000_000))
		must(t, err)
		must(t, writer.Close())
		layer := stream.NewLayer(io.NopCloser(&archive))
		image, err := goimage.Image(10, 1)
		must(t, err)
		image, err = mutate.AppendLayers(image, layer)
		must(t, err)
		must(t, remote.Write(reference(t, name+":crane-stream"), image, known))
		back, err := remote.Image(reference(t, name+":crane-stream"), known)
		must(t, err)
		must(t, validate.Image(back))
	})
	t.Run("layers of another repository are mounted", func(t *testing.T) {
		image, err := goimage.Image(1000, 2)
		must(t, err)
		must(t, remote.Write(reference(t, other+":crane"), image, known))
		there, err := remote.Image(reference(t, other+":crane"), known)
		must(t, err)
		must(t, remote.Write(reference(t, user+"/mounted:crane"), there, known))
		back, err := remote.Image(reference(t, user+"/mounted:crane"), known)
		must(t, err)
		must(t, validate.Image(back))
	})
	t.Run("a bundled image without an account", func(t *testing.T) {
		image, err := remote.Image(reference(t, "library/sample:latest"), remote.WithPlatform(gov1.Platform{OS: "linux", Architecture: "386"}))
		must(t, err)
		layers, err := image.Layers()
		must(t, err)
		compressed, err := layers[0].Compressed()
		must(t, err)
		_, err = io.Copy(io.Discard, compressed) // checks the digest
		must(t, err)
	})
	t.Run("tags and catalogue page by page", func(t *testing.T) {
		tags, err := remote.List(reference(t, name+":x").Context(), known, remote.WithPageSize(1))
		must(t, err)
		if !slices.Contains(tags, "crane") || !slices.Contains(tags, "crane-index") {
			t.Fatal(tags)
		}
		server, err := ggcr.NewRegistry(host(t), ggcr.Insecure)
		must(t, err)
		names, err := remote.Catalog(context.Background(), server, known, remote.WithPageSize(1))
		must(t, err)
		if !slices.Contains(names, name) || !slices.Contains(names, "library/sample") {
			t.Fatal(names)
		}
	})
	t.Run("deleting", func(t *testing.T) {
		image, err := goimage.Image(100, 1)
		must(t, err)
		tag := reference(t, name+":crane-delete")
		must(t, remote.Write(tag, image, known))
		digest, err := image.Digest()
		must(t, err)
		must(t, remote.Delete(tag, known))
		must(t, remote.Delete(tag.Context().Digest(digest.String()), known))
		if _, err := remote.Head(tag, known); err == nil {
			t.Fatal("still there")
		}
	})
	t.Run("pushing to another's name is denied", func(t *testing.T) {
		image, err := goimage.Image(100, 1)
		must(t, err)
		if err := remote.Write(reference(t, "library/sample:mine"), image, known); err == nil || !strings.Contains(err.Error(), "UNAUTHORIZED") {
			t.Fatal(err)
		}
	})
	t.Run("a wrong password is refused", func(t *testing.T) {
		_, err := remote.Image(reference(t, name+":crane"), remote.WithAuth(&authn.Basic{Username: user, Password: "not that"}))
		if err == nil || !strings.Contains(err.Error(), "incorrect username or password") {
			t.Fatal(err)
		}
	})
}

// TestOras uses the library of the oras client, which checks each answer against the specification.
func TestOras(t *testing.T) {
	ctx := context.Background()
	open := func(t *testing.T, repository string) *orasremote.Repository {
		t.Helper()
		opened, err := orasremote.NewRepository(host(t) + "/" + repository)
		must(t, err)
		opened.PlainHTTP = true
		opened.Client = &auth.Client{Credential: auth.StaticCredential(host(t), auth.Credential{Username: user, Password: password}), Cache: auth.NewCache()}
		return opened
	}
	repository := open(t, user+"/oras")
	pack := func(t *testing.T, tag string, subject *v1.Descriptor, kind string) v1.Descriptor {
		t.Helper()
		layer, err := oras.PushBytes(ctx, repository, "application/x.layer", random(300))
		must(t, err)
		packed, err := oras.PackManifest(ctx, repository, oras.PackManifestVersion1_1, kind, oras.PackManifestOptions{Subject: subject, Layers: []v1.Descriptor{layer}})
		must(t, err)
		if tag != "" {
			must(t, repository.Tag(ctx, packed, tag))
		}
		return packed
	}
	first := pack(t, "first", nil, "application/x.first")

	t.Run("resolving and fetching by tag and digest", func(t *testing.T) {
		for _, reference := range []string{"first", first.Digest.String()} {
			got, b, err := oras.FetchBytes(ctx, repository, reference, oras.DefaultFetchBytesOptions)
			must(t, err)
			if got.Digest != first.Digest || int64(len(b)) != first.Size {
				t.Fatal(got)
			}
		}
	})
	t.Run("copying everything, there and back", func(t *testing.T) {
		store := memory.New()
		_, err := oras.Copy(ctx, repository, "first", store, "first", oras.DefaultCopyOptions)
		must(t, err)
		_, err = oras.Copy(ctx, store, "first", open(t, user+"/oras-copy"), "first", oras.DefaultCopyOptions)
		must(t, err)
	})
	t.Run("reading a blob from its middle", func(t *testing.T) {
		b := random(5000)
		blob := describe("application/octet-stream", b)
		must(t, repository.Blobs().Push(ctx, blob, bytes.NewReader(b)))
		reader, err := repository.Blobs().Fetch(ctx, blob)
		must(t, err)
		defer reader.Close()
		seeker, ok := reader.(io.ReadSeeker)
		if !ok {
			t.Fatal("ranges are not offered")
		}
		_, err = seeker.Seek(4000, io.SeekStart)
		must(t, err)
		if rest, err := io.ReadAll(seeker); err != nil || !bytes.Equal(rest, b[4000:]) {
			t.Fatal(err)
		}
	})
	t.Run("mounting", func(t *testing.T) {
		b := random(50)
		blob := describe("application/octet-stream", b)
		must(t, repository.Push(ctx, blob, bytes.NewReader(b)))
		target := open(t, user+"/oras-mount")
		must(t, target.Mount(ctx, blob, user+"/oras", func() (io.ReadCloser, error) {
			t.Error("uploaded instead of mounted")
			return io.NopCloser(bytes.NewReader(b)), nil
		}))
		if there, err := target.Exists(ctx, blob); err != nil || !there {
			t.Fatal(there, err)
		}
	})
	t.Run("referrers by the API", func(t *testing.T) {
		must(t, repository.SetReferrersCapability(true)) // no falling back to tags
		want := pack(t, "", &first, "application/x.signature")
		pack(t, "", &first, "application/x.other")
		got, err := registry.Referrers(ctx, repository, first, "application/x.signature")
		must(t, err)
		if len(got) != 1 || got[0].Digest != want.Digest {
			t.Fatal(got)
		}
		all, err := repository.Predecessors(ctx, first)
		must(t, err)
		if len(all) != 2 {
			t.Fatal(all)
		}
	})
	t.Run("tags and repositories page by page", func(t *testing.T) {
		pack(t, "second", nil, "application/x.second")
		repository.TagListPageSize = 1
		tags, err := registry.Tags(ctx, repository)
		must(t, err)
		if !slices.Equal(tags, []string{"first", "second"}) {
			t.Fatal(tags)
		}
		server, err := orasremote.NewRegistry(host(t))
		must(t, err)
		server.PlainHTTP, server.Client, server.RepositoryListPageSize = true, repository.Client, 1
		must(t, server.Ping(ctx))
		names, err := registry.Repositories(ctx, server)
		must(t, err)
		if !slices.Contains(names, user+"/oras") {
			t.Fatal(names)
		}
	})
	t.Run("deleting manifests and blobs", func(t *testing.T) {
		gone := pack(t, "gone", nil, "application/x.gone")
		must(t, repository.Delete(ctx, gone))
		if there, err := repository.Exists(ctx, gone); err != nil || there {
			t.Fatal(there, err)
		}
		b := random(60)
		blob := describe("application/octet-stream", b)
		must(t, repository.Push(ctx, blob, bytes.NewReader(b)))
		must(t, repository.Blobs().Delete(ctx, blob))
		if there, err := repository.Exists(ctx, blob); err != nil || there {
			t.Fatal(there, err)
		}
	})
}
