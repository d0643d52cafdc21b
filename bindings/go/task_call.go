package isogloss

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// Calls that become tasks.

// promptly is how long a call is waited for that could be a task: one that is done by
// then is answered at once.
const promptly = 10 * time.Millisecond

// errTaskAlone is what a legacy client is told by a tool that it cannot use.
var errTaskAlone = errors.New("this tool runs as a task alone, which takes a client of revision 2026-07-28 or later with the extension " + tasksExtension)

// knowsTasks reports whether the client has declared the extension.
func (c *Context) knowsTasks() bool {
	if c.rev.Era() == protocol.Legacy {
		return false
	}
	_, declared := c.request.params.Get("_meta", clientCapabilitiesKey, "extensions", tasksExtension)
	return declared
}

// undeclared is that a client would have to declare the extension.
func undeclared() *Error {
	failure := ProtocolError(CodeMissingCapability, "the client has to declare the capability extensions."+tasksExtension)
	var needed protocol.ClientCapabilities
	needed.Extensions.Set(tasksExtension, wire.Raw("{}"))
	data := protocol.MissingRequiredClientCapabilityErrorData{RequiredCapabilities: needed}
	failure.Data, _ = data.MarshalJSON()
	return failure
}

// asTask has a tool's function say when nothing more is asked before it is a task.
func asTask[In, Out any](run func(context.Context, In) (Out, error)) func(context.Context, In) (Out, error) {
	return func(ctx context.Context, in In) (Out, error) {
		FromContext(ctx).readyForTask()
		return run(ctx, in)
	}
}

// callTask calls a tool that may run as a task. What the call is answered with that
// became one is in about.
func (c *connection) callTask(ctx context.Context, about *Context, found *tool, arguments wire.Raw) (*protocol.CallToolResult, error) {
	how := c.server.tasks.settled(*found.task)
	if !about.knowsTasks() {
		switch {
		case !how.Required:
			return found.run(ctx, arguments)
		case about.rev.Era() == protocol.Modern:
			return nil, undeclared()
		}
		return failed(errTaskAlone), nil // it has no extension to declare: the model is told
	}
	if !c.server.tasks.take() {
		if !how.Required {
			return found.run(ctx, arguments)
		}
		return nil, ProtocolError(CodeInternalError, "there is no room for another task (MaxTasks); try again later")
	}
	c.session.waits(about.request)
	call := &taskCall{
		server: c.server, tool: found, how: how, handler: about.forTask(ctx, how.Later),
		done: make(chan struct{}), became: make(chan *task, 1),
	}
	go call.run(arguments)
	made, err := call.becomes(ctx)
	call.became <- made
	if made != nil {
		made.talk.created = made.result()
		about.task = made.talk
		close(made.talk.begun)
		return nil, nil
	}
	c.server.tasks.giveBack()
	if err != nil {
		call.handler.request.stop(err)
		return nil, err
	}
	return call.result, call.err
}

// forTask is the same request for a handler that may go on as a task: its context does
// not end with the request. What it asks before it is a task is asked by the request.
func (c *Context) forTask(ctx context.Context, later bool) *Context {
	message := message{id: c.request.id, method: c.request.method, params: c.request.params}
	handler := newRequest(context.WithoutCancel(ctx), message, c.request.over)
	handler.about = &Context{
		session: c.session, request: handler, rev: c.rev, claims: c.claims, coercion: c.coercion,
		rounds: c.inRounds(), task: newInTask(later),
	}
	return handler.about
}

// taskCall is a call that may become a task.
type taskCall struct {
	server  *Server
	tool    *tool
	how     AsTask
	handler *Context
	// done is closed when the handler is, with this.
	done   chan struct{}
	result *protocol.CallToolResult
	err    error
	// became gets the task that the call has become, or nil.
	became chan *task
}

// run runs the handler, in a goroutine of its own.
func (k *taskCall) run(arguments wire.Raw) {
	k.result, k.err = k.guarded(arguments)
	close(k.done)
	if made := <-k.became; made != nil {
		made.settle(k.result, k.err)
		k.server.tasks.handlers.done()
	}
	k.handler.request.finish()
}

// guarded keeps a handler's panic to its call.
func (k *taskCall) guarded(arguments wire.Raw) (result *protocol.CallToolResult, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			k.server.options.Logger.Error("a handler panicked", "tool", k.tool.key(), "panic", cause, "stack", string(debug.Stack()))
			err = fmt.Errorf("panic: %v", cause)
		}
	}()
	return k.tool.run(k.handler.request, arguments)
}

// becomes returns the task that the call becomes; nil if it is done before.
func (k *taskCall) becomes(ctx context.Context) (*task, error) {
	if !k.isDue(ctx) || k.isDone() {
		return nil, nil
	}
	made := newTask(k.server, k.handler, k.tool.key(), k.how)
	if err := k.server.tasks.begin(made); err != nil {
		return nil, err
	}
	return made, nil
}

// isDue waits until the call is to be answered with a task. It reports false if it is
// done before: of a request that nobody waits for any more, its handler is waited for.
func (k *taskCall) isDue(ctx context.Context) bool {
	talk := k.handler.task
	ready := talk.ready
	var late <-chan time.Time
	for {
		select {
		case <-k.done:
			return false
		case <-ready:
			ready = nil
			timer := time.NewTimer(promptly)
			defer timer.Stop()
			late = timer.C
		case <-talk.now:
			return true
		case <-late:
			return true
		case <-ctx.Done():
			k.handler.request.stop(context.Cause(ctx))
			<-k.done
			return false
		}
	}
}

// isDone reports whether the handler is done, or has asked what has to be answered
// before there is a task.
func (k *taskCall) isDone() bool {
	if k.handler.request.stopped() != nil {
		<-k.done
	}
	select {
	case <-k.done:
		return true
	default:
		return false
	}
}
