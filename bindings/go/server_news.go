package isogloss

import (
	"context"
	"fmt"
	"sync"

	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// What clients hear of what changes. A modern one opens a subscription, a request
// that is answered when nothing more will come; a legacy one hears of all lists and
// of the resources that it names, on its connection or on a GET stream of its
// session (http_news.go).
// https://modelcontextprotocol.io/specification/2026-07-28/basic/patterns/subscriptions
// https://modelcontextprotocol.io/specification/2025-11-25/server/resources#subscriptions

// ResourceUpdated tells those who watch the resource at this address that it says
// something else now.
func (s *Server) ResourceUpdated(uri string) { s.changed(change{resourceUpdated, uri}) }

// EndNews has everybody go who only listens for news, as a server does that closes
// down: subscriptions are answered, and streams of news end. New ones can be
// opened. It is for [http.Server.RegisterOnShutdown]; what is served by this
// package does it itself.
func (s *Server) EndNews() {
	s.changes.end()
	s.http.sessions.endNews()
}

// declare says of what there is that its changes are told.
func (s *Server) declare(has *protocol.ServerCapabilities) {
	yes := true
	if has.Tools != nil {
		has.Tools.ListChanged = &yes
	}
	if has.Prompts != nil {
		has.Prompts.ListChanged = &yes
	}
	if has.Resources != nil {
		has.Resources.ListChanged, has.Resources.Subscribe = &yes, &yes
	}
	has.Logging = wire.Raw("{}")
}

// notification is how a change is told.
func (c change) notification(meta *protocol.NotificationMetaObject) (string, protocol.Encodable) {
	switch c.kind {
	case toolsChanged:
		return protocol.MethodToolListChanged, &protocol.NotificationParams{Meta: meta}
	case resourcesChanged:
		return protocol.MethodResourceListChanged, &protocol.NotificationParams{Meta: meta}
	case promptsChanged:
		return protocol.MethodPromptListChanged, &protocol.NotificationParams{Meta: meta}
	}
	return protocol.MethodResourceUpdated, &protocol.ResourceUpdatedNotificationParams{Meta: meta, URI: c.uri}
}

// tell sends a change.
func (c *connection) tell(ctx context.Context, over sender, rev protocol.Revision, what change, meta *protocol.NotificationMetaObject) error {
	if what.kind == taskChanged {
		return c.tellTask(ctx, over, rev, what.uri, meta)
	}
	method, params := what.notification(meta)
	return c.session.notifyOver(ctx, over, method, c.session.encoded(method, rev, params, nil))
}

// SubscriptionsListen tells a modern client what it wants to hear of, until it has
// enough or nothing more will come.
func (c *connection) SubscriptionsListen(ctx context.Context, about *Context, params *protocol.SubscriptionsListenRequestParams) (*protocol.SubscriptionsListenResult, error) {
	id, err := protocol.ParseRequestID(about.request.id)
	if err != nil {
		return nil, err
	}
	filter, err := c.server.honoured(&params.Notifications)
	if err != nil {
		return nil, err
	}
	watched, err := c.server.watchedTasks(ctx, about, &params.Notifications)
	if err != nil {
		return nil, err
	}
	if watched != nil {
		filter.Extra.Set(taskIDs, rawStrings(watched))
	}
	hears, err := c.server.heardBy(ctx, filter, watched)
	if err != nil {
		return nil, err
	}
	c.session.waits(about.request)
	// Nothing is missed between the acknowledgment and what follows.
	news := c.server.changes.listen(hears)
	defer news.end()
	for _, id := range watched { // how it is now
		news.hear(change{taskChanged, id})
	}
	meta := &protocol.NotificationMetaObject{SubscriptionID: id}
	err = protocol.NotifySubscriptionsAcknowledged(ctx, about, &protocol.SubscriptionsAcknowledgedNotificationParams{Meta: meta, Notifications: *filter})
	for err == nil {
		what, more := news.next(ctx, c.session.over)
		if !more {
			break
		}
		err = c.tell(ctx, about.over(), about.rev, what, meta)
	}
	// A client that cannot be told anything has gone, and needs no answer.
	return &protocol.SubscriptionsListenResult{Meta: protocol.SubscriptionsListenResultMetaObject{SubscriptionID: id}}, nil
}

// honoured is as much of what is wanted as there is.
func (s *Server) honoured(wanted *protocol.SubscriptionFilter) (*protocol.SubscriptionFilter, error) {
	has := s.capabilities()
	filter := &protocol.SubscriptionFilter{}
	if has.Tools != nil {
		filter.ToolsListChanged = wanted.ToolsListChanged
	}
	if has.Prompts != nil {
		filter.PromptsListChanged = wanted.PromptsListChanged
	}
	if has.Resources == nil {
		return filter, nil
	}
	filter.ResourcesListChanged = wanted.ResourcesListChanged
	filter.ResourceSubscriptions = wanted.ResourceSubscriptions
	const place = "params.notifications.resourceSubscriptions"
	if len(wanted.ResourceSubscriptions) > protocol.MaxWatched {
		return nil, ProtocolError(CodeInvalidParams, fmt.Sprintf("%s: must have at most %d items", place, protocol.MaxWatched))
	}
	for _, uri := range wanted.ResourceSubscriptions {
		if err := watchable(place, uri); err != nil {
			return nil, err
		}
	}
	return filter, nil
}

// watchable holds an address that is to be kept to its limit.
func watchable(place, uri string) error {
	if len(uri) <= protocol.MaxURI {
		return nil
	}
	why := fmt.Sprintf("%s: an address longer than the limit of %d bytes (MaxURI)", place, protocol.MaxURI)
	return ProtocolError(CodeInvalidParams, why)
}

// heardBy is which changes a subscription hears of: of resources those that are not
// hidden from its client, who is not told which ones are, and of these tasks.
func (s *Server) heardBy(ctx context.Context, filter *protocol.SubscriptionFilter, tasks []string) (func(change) bool, error) {
	watched, watchedTasks := map[string]bool{}, map[string]bool{}
	for _, id := range tasks {
		watchedTasks[id] = true
	}
	for _, uri := range filter.ResourceSubscriptions {
		tells, err := s.tellsOf(ctx, uri)
		if err != nil {
			return nil, err
		}
		watched[uri] = tells
	}
	lists := map[changeKind]*bool{
		toolsChanged:     filter.ToolsListChanged,
		resourcesChanged: filter.ResourcesListChanged,
		promptsChanged:   filter.PromptsListChanged,
	}
	return func(what change) bool {
		switch what.kind {
		case resourceUpdated:
			return watched[what.uri]
		case taskChanged:
			return watchedTasks[what.uri]
		}
		wanted := lists[what.kind]
		return wanted != nil && *wanted
	}, nil
}

// hears reports whether a legacy client hears of a change.
func (c *connection) hears(what change) bool {
	agreed := c.legacy.Load()
	return agreed != nil && what.kind != taskChanged && (what.kind != resourceUpdated || agreed.wants.watches(what.uri))
}

// OnInitialized tells a legacy client what changes from now on, as long as its
// connection lasts. Over HTTP its GET streams do that.
func (c *connection) OnInitialized(ctx context.Context, _ *Context, _ *protocol.NotificationParams) {
	if c.session.transport == nil || c.legacy.Load() == nil || !c.told.CompareAndSwap(false, true) {
		return
	}
	news := c.server.changes.listen(c.hears)
	c.session.handled.Go(func() {
		defer news.end()
		for {
			what, more := news.next(ctx, c.session.over)
			if !more || c.tell(ctx, c.session.transport, c.legacy.Load().rev, what, nil) != nil {
				return
			}
		}
	})
}

// Subscribe has a legacy client hear of a resource.
func (c *connection) Subscribe(ctx context.Context, about *Context, params *protocol.SubscribeRequestParams) (*protocol.EmptyResult, error) {
	if c.server.capabilities().Resources == nil {
		return nil, protocol.ErrMethodNotFound
	}
	if err := watchable("params.uri", params.URI); err != nil {
		return nil, err
	}
	tells, err := c.server.tellsOf(ctx, params.URI)
	if err != nil {
		return nil, err
	}
	// What is not there for this client is as what is not there at all: nothing is
	// ever told of it.
	if tells && !about.legacy.wants.watch(params.URI) {
		why := fmt.Sprintf("a client can subscribe to at most %d resources; unsubscribe from one", protocol.MaxWatched)
		return nil, ProtocolError(CodeInvalidParams, why)
	}
	return &protocol.EmptyResult{}, nil
}

// Unsubscribe has it hear no more of it.
func (c *connection) Unsubscribe(_ context.Context, about *Context, params *protocol.UnsubscribeRequestParams) (*protocol.EmptyResult, error) {
	about.legacy.wants.unwatch(params.URI)
	return &protocol.EmptyResult{}, nil
}

// SetLevel sets the least serious line of the log that a legacy client is sent.
func (c *connection) SetLevel(_ context.Context, about *Context, params *protocol.SetLevelRequestParams) (*protocol.EmptyResult, error) {
	about.legacy.wants.setLevel(params.Level)
	return &protocol.EmptyResult{}, nil
}

// wants are what a legacy client wants to hear of, for its session. A nil one is of
// a client without a session, for whom nothing is kept.
type wants struct {
	mu      sync.Mutex
	level   protocol.LoggingLevel
	watched map[string]bool
}

// defaultLevel is what a legacy client is sent that has set none.
const defaultLevel = protocol.LoggingLevelInfo

func (w *wants) setLevel(level protocol.LoggingLevel) {
	if w == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.level = level
}

func (w *wants) logLevel() protocol.LoggingLevel {
	if w == nil {
		return defaultLevel
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.level == "" {
		return defaultLevel
	}
	return w.level
}

// watch reports whether there was room.
func (w *wants) watch(uri string) bool {
	if w == nil {
		return true
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.watched[uri] && len(w.watched) >= protocol.MaxWatched {
		return false
	}
	if w.watched == nil {
		w.watched = map[string]bool{}
	}
	w.watched[uri] = true
	return true
}

func (w *wants) unwatch(uri string) {
	if w == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.watched, uri)
}

func (w *wants) watches(uri string) bool {
	if w == nil {
		return false
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.watched[uri]
}
