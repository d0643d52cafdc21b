package isogloss

// changeKind is what a change is about.
type changeKind uint8

const (
	toolsChanged changeKind = iota
	resourcesChanged
	promptsChanged
	resourceUpdated
)

// change is something that clients may want to hear of.
type change struct {
	kind changeKind
	uri  string // of a resource that was updated
}

// changed tells whom it concerns.
func (s *Server) changed(change) {}
