package isogloss

import (
	"context"
	"fmt"
	"slices"

	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// What clients ask about tasks, and what they hear of them.

// offersTasks reports whether there is a tool that runs as a task.
func (s *Server) offersTasks() bool {
	list, _ := allOf(&s.registry, &s.registry.tools)
	return slices.ContainsFunc(list, func(kept placed[*tool]) bool { return kept.thing.task != nil })
}

// owner is whom a task belongs to: the principal, as the access token names it; nobody,
// which is empty, without a token.
func (c *Claims) owner() string {
	who := c.principal()
	if !who.known {
		return ""
	}
	return rawStrings([]string{who.issuer, who.subject, who.client}).String()
}

// storedTask is a task of the one who asks. It is an error if there is none, it is
// another's, or the client has not declared the extension.
func (s *Server) storedTask(ctx context.Context, about *Context, id string) (*StoredTask, error) {
	// A task outlives its tool.
	if !s.offersTasks() && s.tasks.count() == 0 {
		return nil, protocol.ErrMethodNotFound
	}
	if !about.knowsTasks() {
		return nil, undeclared()
	}
	found, err := s.tasks.Store.Get(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("the store of tasks: %w", err)
	}
	// The same words for a task that there never was, that is forgotten, and that is
	// another's.
	if found == nil || found.Owner != about.claims.owner() {
		return nil, ProtocolError(CodeInvalidParams, "unknown task: there is none of this id, or its time is over")
	}
	// Who may not call the tool any more may not see what it gave either.
	if _, there := lookUp(&s.registry, &s.registry.tools, found.Tool); there {
		if _, err := usable(ctx, s, &s.registry.tools, found.Tool); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// GetTask answers with the state of a task.
func (c *connection) GetTask(ctx context.Context, about *Context, params *protocol.GetTaskRequestParams) (protocol.GetTaskResult, error) {
	found, err := c.server.storedTask(ctx, about, params.TaskID)
	if err != nil {
		return nil, err
	}
	state, err := protocol.ParseGetTaskResult(withMember(found.State, "resultType", wire.Raw(`"complete"`)))
	if err != nil {
		return nil, fmt.Errorf("the stored state of a task: %v", err)
	}
	return state, nil
}

// CancelTask cancels a task. One that has ended, or runs in another process, is left as
// it is.
func (c *connection) CancelTask(ctx context.Context, about *Context, params *protocol.CancelTaskRequestParams) (*protocol.CancelTaskResult, error) {
	if _, err := c.server.storedTask(ctx, about, params.TaskID); err != nil {
		return nil, err
	}
	if running := c.server.tasks.get(params.TaskID); running != nil {
		running.cancel(ctx, errTaskCancelled)
	}
	return &protocol.CancelTaskResult{}, nil
}

// updateTask gives a task answers to its questions. They are read here and not with the
// params: what nobody asks is passed over, whatever it is.
func (c *connection) updateTask(ctx context.Context, about *Context) (protocol.Encodable, error) {
	id, given, err := taskAnswers(about)
	if err != nil {
		return nil, err
	}
	found, err := c.server.storedTask(ctx, about, id)
	if err != nil {
		return nil, err
	}
	running := c.server.tasks.get(id)
	if running == nil {
		status, _ := found.State.Get("status")
		if text, _ := status.Text(); text == string(protocol.TaskStatusInputRequired) {
			why := "the task runs in another process; requests about it are routed by the header Mcp-Name"
			return nil, ProtocolError(CodeInternalError, why)
		}
		return &protocol.UpdateTaskResult{}, nil
	}
	answers := map[string]wire.Raw{}
	for _, one := range given {
		if !running.talk.asks(one.Name) {
			continue
		}
		if _, err := protocol.ParseInputResponse(one.Value); err != nil {
			return nil, inParams(err, one.Name, "inputResponses")
		}
		answers[one.Name] = one.Value
	}
	if len(answers) > 0 {
		running.talk.give(answers)
	}
	return &protocol.UpdateTaskResult{}, nil
}

// taskAnswers are the params of tasks/update, as far as they are read before it is known
// what is asked.
func taskAnswers(about *Context) (id string, answers wire.Extra, err error) {
	params := about.request.params
	if params == nil {
		params = wire.Raw("{}")
	}
	_, err = wire.Decode(params, about.rev.Bit(), func(d *wire.Decoder) struct{} {
		at := d.BeginObject()
		var seen uint64
		for d.NextMember() {
			switch string(d.Name()) {
			case "inputResponses":
				seen |= 1 << 0
				answers = wire.Object(d, (*wire.Decoder).Raw)
			case "taskId":
				seen |= 1 << 1
				id = d.String()
			default:
				d.Raw()
			}
		}
		d.Missing(at, seen, "inputResponses", "taskId")
		return struct{}{}
	})
	if err != nil {
		return "", nil, inParams(err)
	}
	return id, answers, nil
}

// inParams is an error of what was decoded by itself, below these members of the params.
func inParams(err error, inner ...string) error {
	wrong, ok := err.(*wire.Error)
	if !ok {
		return err
	}
	for _, name := range append(inner, "params") {
		wrong = wrong.Under(name)
	}
	return wrong
}

// taskIDs is the member of a subscription that names tasks.
const taskIDs = "taskIds"

// watchedTasks are those of the tasks that a subscription names which there are for this
// client; nil if it names none. It is an error if the client has not declared the
// extension, or names too many.
func (s *Server) watchedTasks(ctx context.Context, about *Context, wanted *protocol.SubscriptionFilter) ([]string, error) {
	raw, named := wanted.Extra.Get(taskIDs)
	if !named {
		return nil, nil
	}
	ids, err := wire.Decode(raw, about.rev.Bit(), func(d *wire.Decoder) []string { return wire.List(d, (*wire.Decoder).String) })
	switch {
	case err != nil:
		return nil, inParams(err, taskIDs, "notifications")
	case !about.knowsTasks():
		return nil, undeclared()
	case len(ids) > protocol.MaxWatched:
		why := fmt.Sprintf("params.notifications.%s: must have at most %d items", taskIDs, protocol.MaxWatched)
		return nil, ProtocolError(CodeInvalidParams, why)
	}
	known := []string{}
	for _, id := range ids {
		if _, err := s.storedTask(ctx, about, id); err == nil && !slices.Contains(known, id) {
			known = append(known, id)
		}
	}
	return known, nil
}

// tellTask tells how a task is, unless it is forgotten.
func (c *connection) tellTask(ctx context.Context, over sender, rev protocol.Revision, id string, meta *protocol.NotificationMetaObject) error {
	found, err := c.server.tasks.Store.Get(ctx, id)
	if err == nil && found == nil {
		return nil
	}
	var params protocol.TaskStatusNotificationParams
	if err == nil {
		var encoding wire.Encoding
		encoding, _ = protocol.Encode(nil, rev, meta)
		params, err = protocol.ParseTaskStatusNotificationParams(withMember(found.State, "_meta", encoding.Data))
	}
	if err != nil {
		c.session.log.Error("how a task is was not told", "error", err)
		return nil
	}
	return c.session.notifyOver(ctx, over, protocol.MethodTaskStatus, c.session.encoded(protocol.MethodTaskStatus, rev, params, nil))
}
