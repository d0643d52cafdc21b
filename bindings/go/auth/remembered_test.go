package auth

import (
	"testing"
	"testing/synctest"
	"time"

	isogloss "github.com/isogloss-mcp/isogloss/bindings/go"
)

func TestFindingsAreRememberedForTheirTimeAndOnlySoMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRemembered(time.Minute, 3)
		put := func(token byte, subject string) {
			r.put(fingerprint{token}, finding{claims: &isogloss.Claims{Subject: subject}})
			if len(r.byToken) > 3 || len(r.order) > 3 {
				t.Errorf("found %d and %d", len(r.byToken), len(r.order))
			}
		}
		is := func(token byte, subject string) {
			t.Helper()
			found, there := r.get(fingerprint{token})
			if there != (subject != "") || there && found.claims.Subject != subject {
				t.Errorf("expected %q, found %+v", subject, found.claims)
			}
		}
		put(1, "old")
		is(1, "old")
		is(2, "")
		time.Sleep(30 * time.Second)
		put(1, "new")
		time.Sleep(31 * time.Second)
		put(2, "other")
		is(1, "new") // it lives on from when it was found anew
		time.Sleep(29 * time.Second)
		is(1, "")
		is(2, "other")
		for i := range byte(100) {
			put(i, "one of many")
		}
		is(96, "")
		is(97, "one of many")
		is(99, "one of many")
	})
}
