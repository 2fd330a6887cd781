package conformance

import (
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"testing"

	specs "github.com/opencontainers/image-spec/specs-go"
	v1 "github.com/opencontainers/image-spec/specs-go/v1"
)

func marshal(t *testing.T, value any) []byte {
	t.Helper()
	b, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

var next = regexp.MustCompile(`^<([^>]+)>; ?rel="next"$`)

func TestContentDiscovery(t *testing.T) {
	repository := user + "/discovery"
	layer := random(10)
	config := []byte("{}")
	for _, b := range [][]byte{layer, config} {
		pushBlob(t, repository, b)
	}
	put := func(t *testing.T, reference string, change func(*v1.Manifest)) v1.Descriptor {
		t.Helper()
		manifest := v1.Manifest{Versioned: specs.Versioned{SchemaVersion: 2}, MediaType: v1.MediaTypeImageManifest, Config: describe(v1.MediaTypeEmptyJSON, config), Layers: []v1.Descriptor{describe("application/x.layer", layer)}}
		if change != nil {
			change(&manifest)
		}
		b := marshal(t, manifest)
		if reference == "" {
			reference = describe("", b).Digest.String()
		}
		ask(t, "PUT", manifestPath(repository, reference), b, with("Content-Type", v1.MediaTypeImageManifest)).want(t, 201)
		return describe(v1.MediaTypeImageManifest, b)
	}
	sorted := []string{"1.0", "1.1", "Alpha", "beta", "Gamma", "latest"}
	for _, tag := range []string{"latest", "beta", "Gamma", "1.1", "Alpha", "1.0"} {
		put(t, tag, nil)
	}
	type list struct {
		Name string
		Tags []string
	}
	tags := func(t *testing.T, query string) (list, reply) {
		t.Helper()
		var got list
		answer := ask(t, "GET", "/v2/"+repository+"/tags/list"+query, nil).want(t, 200)
		answer.into(t, &got)
		if got.Name != repository {
			t.Fatal(got.Name)
		}
		return got, answer
	}

	t.Run("end-8a all tags in lexical order", func(t *testing.T) {
		if got, _ := tags(t, ""); !slices.Equal(got.Tags, sorted) {
			t.Fatal(got.Tags)
		}
	})
	t.Run("end-8b n tags, and the Link to the rest", func(t *testing.T) {
		var all []string
		for query, pages := "?n=4", 1; query != ""; pages++ {
			got, answer := tags(t, query)
			all = append(all, got.Tags...)
			query = ""
			if link := answer.header.Get("Link"); link != "" {
				match := next.FindStringSubmatch(link)
				if match == nil || len(got.Tags) != 4 || pages > 2 {
					t.Fatalf("page %d: %q, %v", pages, link, got.Tags)
				}
				parsed, err := url.Parse(match[1])
				if err != nil || parsed.Path != "/v2/"+repository+"/tags/list" {
					t.Fatal(link, err)
				}
				query = "?" + parsed.RawQuery
			}
		}
		if !slices.Equal(all, sorted) {
			t.Fatal(all)
		}
	})
	t.Run("end-8b last alone", func(t *testing.T) {
		if got, _ := tags(t, "?last=beta"); !slices.Equal(got.Tags, sorted[4:]) {
			t.Fatal(got.Tags)
		}
	})
	t.Run("end-8b last and n", func(t *testing.T) {
		if got, _ := tags(t, "?n=2&last=1.0"); !slices.Equal(got.Tags, sorted[1:3]) {
			t.Fatal(got.Tags)
		}
	})
	t.Run("end-8b n of 0 is an empty list without a Link", func(t *testing.T) {
		got, answer := tags(t, "?n=0")
		if got.Tags == nil || len(got.Tags) != 0 {
			t.Fatal(got.Tags)
		}
		answer.has(t, "Link", "")
	})
	t.Run("end-8b n larger than what there is", func(t *testing.T) {
		got, answer := tags(t, "?n=100")
		if !slices.Equal(got.Tags, sorted) {
			t.Fatal(got.Tags)
		}
		answer.has(t, "Link", "")
	})
	t.Run("tags of an unknown repository are NAME_UNKNOWN", func(t *testing.T) {
		ask(t, "GET", "/v2/"+user+"/unknown/tags/list", nil).fails(t, 404, "NAME_UNKNOWN")
	})
	t.Run("the catalogue, page by page", func(t *testing.T) {
		var all []string
		query := "/v2/_catalog?n=1"
		for range 50 {
			var got struct{ Repositories []string }
			answer := ask(t, "GET", query, nil).want(t, 200)
			answer.into(t, &got)
			all = append(all, got.Repositories...)
			match := next.FindStringSubmatch(answer.header.Get("Link"))
			if match == nil {
				break
			}
			query = match[1]
		}
		if !slices.Contains(all, repository) || !slices.Contains(all, "library/sample") || !slices.IsSorted(all) {
			t.Fatal(all)
		}
	})

	subject := put(t, "subject", nil)
	refer := func(kind string, annotation string) v1.Descriptor {
		return put(t, "", func(m *v1.Manifest) {
			m.ArtifactType, m.Subject, m.Annotations = kind, &subject, map[string]string{"test": annotation}
		})
	}
	signature, bill, plain := refer("application/x.signature", "a"), refer("application/x.bill", "b"), refer("", "c")
	index := marshal(t, v1.Index{Versioned: specs.Versioned{SchemaVersion: 2}, MediaType: v1.MediaTypeImageIndex, Manifests: []v1.Descriptor{}, Subject: &subject})
	ask(t, "PUT", manifestPath(repository, describe("", index).Digest.String()), index, with("Content-Type", v1.MediaTypeImageIndex)).want(t, 201).has(t, "OCI-Subject", subject.Digest.String())
	referrers := func(t *testing.T, digest, query string) ([]v1.Descriptor, reply) {
		t.Helper()
		var got v1.Index
		answer := ask(t, "GET", "/v2/"+repository+"/referrers/"+digest+query, nil).want(t, 200).has(t, "Content-Type", v1.MediaTypeImageIndex)
		answer.into(t, &got)
		if got.SchemaVersion != 2 || got.MediaType != v1.MediaTypeImageIndex || got.Manifests == nil {
			t.Fatalf("not an index: %s", answer.body)
		}
		return got.Manifests, answer
	}

	t.Run("end-12a all referrers, with artifact types and annotations", func(t *testing.T) {
		got, _ := referrers(t, subject.Digest.String(), "")
		kinds := map[string]string{}
		for _, row := range got {
			kinds[row.Digest.String()] = row.ArtifactType + " " + row.Annotations["test"] + fmt.Sprint(row.Size > 0) + row.MediaType
		}
		want := map[string]string{
			signature.Digest.String():           "application/x.signature atrue" + v1.MediaTypeImageManifest,
			bill.Digest.String():                "application/x.bill btrue" + v1.MediaTypeImageManifest,
			plain.Digest.String():               v1.MediaTypeEmptyJSON + " ctrue" + v1.MediaTypeImageManifest,
			describe("", index).Digest.String(): " true" + v1.MediaTypeImageIndex,
		}
		for key, value := range want {
			if kinds[key] != value {
				t.Errorf("%s: %q, want %q", key, kinds[key], value)
			}
		}
		if len(got) != len(want) {
			t.Error(got)
		}
	})
	t.Run("end-12a an index without an artifact type has none", func(t *testing.T) {
		_, answer := referrers(t, subject.Digest.String(), "")
		var raw struct{ Manifests []map[string]any }
		answer.into(t, &raw)
		for _, row := range raw.Manifests {
			if _, has := row["artifactType"]; has && row["mediaType"] == v1.MediaTypeImageIndex {
				t.Fatal(row)
			}
		}
	})
	t.Run("end-12b by artifact type", func(t *testing.T) {
		got, answer := referrers(t, subject.Digest.String(), "?artifactType=application/x.bill")
		answer.has(t, "OCI-Filters-Applied", "artifactType")
		if len(got) != 1 || got[0].Digest != bill.Digest {
			t.Fatal(got)
		}
	})
	t.Run("end-12b by an artifact type that nothing has", func(t *testing.T) {
		if got, _ := referrers(t, subject.Digest.String(), "?artifactType=application/x.none"); len(got) != 0 {
			t.Fatal(got)
		}
	})
	t.Run("end-12a no referrers is an empty list", func(t *testing.T) {
		if got, _ := referrers(t, absent.String(), ""); len(got) != 0 {
			t.Fatal(got)
		}
	})
	t.Run("end-12a referrers of what is not there yet", func(t *testing.T) {
		missing := v1.Descriptor{MediaType: v1.MediaTypeImageManifest, Digest: describe("", random(9)).Digest, Size: 9}
		early := put(t, "", func(m *v1.Manifest) { m.Subject = &missing })
		if got, _ := referrers(t, missing.Digest.String(), ""); len(got) != 1 || got[0].Digest != early.Digest {
			t.Fatal(got)
		}
	})
	t.Run("end-12a a malformed digest is 400", func(t *testing.T) {
		ask(t, "GET", "/v2/"+repository+"/referrers/sha256:0000", nil).fails(t, 400, "DIGEST_INVALID")
	})
	t.Run("a deleted referrer is listed no more", func(t *testing.T) {
		ask(t, "DELETE", manifestPath(repository, signature.Digest.String()), nil).want(t, 202)
		got, _ := referrers(t, subject.Digest.String(), "?artifactType=application/x.signature")
		if len(got) != 0 {
			t.Fatal(got)
		}
	})
}

func TestContentManagement(t *testing.T) {
	t.Run("end-9 a tag goes at once, its manifest stays", func(t *testing.T) {
		made := pushImage(t, "tag-to-delete", nil)
		ask(t, "DELETE", manifestPath(name, "tag-to-delete"), nil).want(t, 202)
		ask(t, "HEAD", manifestPath(name, "tag-to-delete"), nil).want(t, 404)
		ask(t, "HEAD", manifestPath(name, made.digest.String()), nil).want(t, 200)
	})
	t.Run("end-9 a manifest goes at once, with its tags", func(t *testing.T) {
		made := pushImage(t, "manifest-to-delete", nil)
		ask(t, "DELETE", manifestPath(name, made.digest.String()), nil).want(t, 202)
		ask(t, "HEAD", manifestPath(name, made.digest.String()), nil).want(t, 404)
		ask(t, "HEAD", manifestPath(name, "manifest-to-delete"), nil).want(t, 404)
	})
	t.Run("end-10 a blob goes at once", func(t *testing.T) {
		d := pushBlob(t, name, random(100))
		ask(t, "DELETE", blobPath(name, d), nil).want(t, 202)
		ask(t, "HEAD", blobPath(name, d), nil).want(t, 404)
		ask(t, "GET", blobPath(name, d), nil).fails(t, 404, "BLOB_UNKNOWN")
	})
	t.Run("a blob deleted here stays there", func(t *testing.T) {
		b := random(100)
		d := pushBlob(t, name, b)
		pushBlob(t, other, b)
		ask(t, "DELETE", blobPath(name, d), nil).want(t, 202)
		stored(t, other, b, d)
	})
	t.Run("what is not there cannot be deleted", func(t *testing.T) {
		ask(t, "DELETE", blobPath(name, absent), nil).fails(t, 404, "BLOB_UNKNOWN")
		ask(t, "DELETE", manifestPath(name, absent.String()), nil).fails(t, 404, "MANIFEST_UNKNOWN")
		ask(t, "DELETE", manifestPath(name, "no-such-tag"), nil).fails(t, 404, "MANIFEST_UNKNOWN")
		ask(t, "DELETE", manifestPath(user+"/no-such", absent.String()), nil).want(t, 404)
	})
	t.Run("a deleted image is pushed again", func(t *testing.T) {
		made := pushImage(t, "again", nil)
		ask(t, "DELETE", manifestPath(name, made.digest.String()), nil).want(t, 202)
		pushManifest(t, "again", v1.MediaTypeImageManifest, made.manifest).want(t, 201)
		ask(t, "HEAD", manifestPath(name, "again"), nil).want(t, 200)
	})
	t.Run("nothing bundled can be deleted", func(t *testing.T) {
		ask(t, "DELETE", manifestPath("library/sample", "latest"), nil).want(t, 401)
		ask(t, "HEAD", manifestPath("library/sample", "latest"), nil).want(t, 200)
	})
}
