//! What a server answers, method by method.

use super::connection::State;
use crate::context::Context;
use crate::error::{Failure, ProtocolError, code};
use crate::protocol::handlers::{HandlerError, ServerHandler};
use crate::protocol::methods;
use crate::protocol::revisions::Era;
use crate::protocol::types::*;
use crate::registry::{Completing, Owner};
use crate::revision::{agreed, supported};
use crate::wire::{Json, JsonObject};

/// The protocol has a type of the name `Result`.
type Answer<T> = std::result::Result<T, Failure>;

/// How many values the protocol allows in one completion.
const MOST_COMPLETIONS: usize = 100;

impl State {
    /// They follow from what was added.
    fn capabilities(&self) -> ServerCapabilities {
        let offers = &self.core.registry;
        ServerCapabilities {
            completions: offers.completes().then(JsonObject::default),
            prompts: (!offers.prompts.is_empty()).then(PromptsCapability::default),
            resources: self.has_resources().then(ResourcesCapability::default),
            tools: (!offers.tools.is_empty()).then(ToolsCapability::default),
            ..ServerCapabilities::default()
        }
    }

    fn has_resources(&self) -> bool {
        !(self.core.registry.resources.is_empty() && self.core.registry.templates.is_empty())
    }

    /// A feature that was not declared is not there.
    fn declared(&self, there: bool, method: &methods::Method) -> Answer<()> {
        if there { Ok(()) } else { Err(Failure::method_not_found(method.name)) }
    }
}

fn no_resource(uri: &str, era: Era) -> Failure {
    let code = match era {
        Era::Legacy => code::RESOURCE_NOT_FOUND,
        Era::Modern => code::INVALID_PARAMS,
    };
    let error = ProtocolError::new(code, format!("resource not found: {uri}"));
    ProtocolError { data: Json::new(&serde_json::json!({ "uri": uri })).ok(), ..error }.into()
}

impl ServerHandler<Context> for State {
    type Error = Failure;

    async fn initialize(&self, _: &Context, params: InitializeRequestParams) -> Answer<InitializeResult> {
        let revision = agreed(&params.protocol_version);
        self.shake_hands(revision, params);
        let result = InitializeResult::new(self.capabilities(), revision.as_str(), self.core.info.clone());
        Ok(InitializeResult { instructions: self.core.instructions.clone(), ..result })
    }

    async fn discover(&self, _: &Context, _: RequestParams) -> Answer<DiscoverResult> {
        let meta = ResultMetaObject { server_info: Some(self.core.info.clone()), ..ResultMetaObject::default() };
        let result = DiscoverResult::new(CacheScope::Private, self.capabilities(), "complete", supported(), 0);
        Ok(DiscoverResult { meta: Some(meta), instructions: self.core.instructions.clone(), ..result })
    }

    async fn ping(&self, _: &Context, _: RequestParams) -> Answer<EmptyResult> {
        Ok(EmptyResult::default())
    }

    async fn list_tools(&self, _: &Context, params: PaginatedRequestParams) -> Answer<ListToolsResult> {
        let tools = &self.core.registry.tools;
        self.declared(!tools.is_empty(), &methods::LIST_TOOLS)?;
        let (page, next_cursor) =
            tools.page(params.cursor.as_deref(), self.core.page_size, |tool| tool.definition.clone())?;
        Ok(ListToolsResult { next_cursor, ..ListToolsResult::new(page) })
    }

    async fn call_tool(&self, cx: &Context, params: CallToolRequestParams) -> Answer<CallToolOutcome> {
        let Some(tool) = self.core.registry.tools.get(&params.name) else {
            return Err(Failure::invalid_params(format!("unknown tool: {}", params.name)));
        };
        let result = (tool.run)(params.arguments, cx.clone()).await?;
        Ok(CallToolOutcome::Complete(result))
    }

    async fn list_resources(&self, _: &Context, params: PaginatedRequestParams) -> Answer<ListResourcesResult> {
        self.declared(self.has_resources(), &methods::LIST_RESOURCES)?;
        let (page, next_cursor) =
            self.core
                .registry
                .resources
                .page(params.cursor.as_deref(), self.core.page_size, |resource| resource.definition.clone())?;
        Ok(ListResourcesResult { next_cursor, ..ListResourcesResult::new(page) })
    }

    async fn list_resource_templates(
        &self,
        _: &Context,
        params: PaginatedRequestParams,
    ) -> Answer<ListResourceTemplatesResult> {
        self.declared(self.has_resources(), &methods::LIST_RESOURCE_TEMPLATES)?;
        let (page, next_cursor) =
            self.core
                .registry
                .templates
                .page(params.cursor.as_deref(), self.core.page_size, |template| template.definition.clone())?;
        Ok(ListResourceTemplatesResult { next_cursor, ..ListResourceTemplatesResult::new(page) })
    }

    async fn read_resource(&self, cx: &Context, params: ReadResourceRequestParams) -> Answer<ReadResourceOutcome> {
        let uri = &params.uri;
        let offers = &self.core.registry;
        let reading = match offers.resources.get(uri) {
            Some(resource) => Some((resource.read)((), cx.clone())),
            None => offers.templates.iter().find_map(|template| template.read(uri, cx)),
        };
        let contents = reading.ok_or_else(|| no_resource(uri, cx.revision().era()))?.await?;
        Ok(ReadResourceOutcome::Complete(ReadResourceResult::new(contents)))
    }

    async fn list_prompts(&self, _: &Context, params: PaginatedRequestParams) -> Answer<ListPromptsResult> {
        let prompts = &self.core.registry.prompts;
        self.declared(!prompts.is_empty(), &methods::LIST_PROMPTS)?;
        let (page, next_cursor) =
            prompts.page(params.cursor.as_deref(), self.core.page_size, |prompt| prompt.definition.clone())?;
        Ok(ListPromptsResult { next_cursor, ..ListPromptsResult::new(page) })
    }

    async fn get_prompt(&self, cx: &Context, params: GetPromptRequestParams) -> Answer<GetPromptOutcome> {
        let Some(prompt) = self.core.registry.prompts.get(&params.name) else {
            return Err(Failure::invalid_params(format!("unknown prompt: {}", params.name)));
        };
        let result = (prompt.get)(params.arguments.unwrap_or_default(), cx.clone()).await?;
        Ok(GetPromptOutcome::Complete(result))
    }

    async fn complete(&self, cx: &Context, params: CompleteRequestParams) -> Answer<CompleteResult> {
        self.declared(self.core.registry.completes(), &methods::COMPLETE)?;
        let owner = match params.r#ref {
            CompletionReference::Prompt(prompt) => Owner::Prompt(prompt.name),
            CompletionReference::ResourceTemplate(template) => Owner::Template(template.uri),
        };
        let Some(complete) = self.core.registry.completion(owner, &params.argument.name)? else {
            return Ok(CompleteResult::new(Completion::new(Vec::new())));
        };
        let others = params.context.and_then(|context| context.arguments).unwrap_or_default();
        let mut values = complete(Completing { value: params.argument.value, others }, cx.clone()).await?;
        let total = values.len();
        values.truncate(MOST_COMPLETIONS);
        let completion = Completion {
            has_more: Some(total > values.len()),
            total: i64::try_from(total).ok(),
            ..Completion::new(values)
        };
        Ok(CompleteResult::new(completion))
    }
}
