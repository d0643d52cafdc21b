//! The reference surface as a server made with the official Rust SDK. Written the way the
//! SDK's own documentation writes servers, with its defaults. The tools are
//! in `tools.rs`, the other side is `client.rs`; `README.md` says what the SDK cannot do.

use std::{error::Error, process::ExitCode};

use percent_encoding::percent_decode_str;
use rmcp::{
    ErrorData, RoleServer, ServerHandler, ServiceExt,
    handler::server::wrapper::Parameters,
    model::*,
    prompt, prompt_handler, prompt_router,
    service::RequestContext,
    tool_handler,
    transport::{
        stdio,
        streamable_http_server::{
            StreamableHttpServerConfig, StreamableHttpService, session::local::LocalSessionManager,
        },
    },
};
use tokio::net::TcpListener;

use crate::tools::{Name, Peer};

const NAMES: [&str; 3] = ["Alice", "Alan", "Bob"];

#[prompt_router]
impl Peer {
    /// Greets someone.
    #[prompt]
    async fn greet(&self, Parameters(Name { name }): Parameters<Name>) -> Vec<PromptMessage> {
        vec![PromptMessage::new_text(Role::User, format!("Greet {name}"))]
    }

    /// The same under a name beyond ASCII.
    #[prompt(name = "grüß 日本")]
    async fn greet_unicode(&self, name: Parameters<Name>) -> Vec<PromptMessage> {
        self.greet(name).await
    }
}

#[tool_handler]
#[prompt_handler]
impl ServerHandler for Peer {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder()
            .enable_completions()
            .enable_prompts()
            .enable_resources()
            .enable_tools()
            .build();
        ServerConfig::new(capabilities).with_server_info(Implementation::new("rmcp-peer", "1"))
    }

    async fn list_resources(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        let greeting = Resource::new("text://greeting", "greeting").with_mime_type("text/plain");
        Ok(ListResourcesResult::with_all_items(vec![greeting]))
    }

    async fn list_resource_templates(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        let item = ResourceTemplate::new("item://{id}", "item");
        Ok(ListResourceTemplatesResult::with_all_items(vec![item]))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let uri = request.uri;
        let text = if uri == "text://greeting" {
            "héllo wörld ✓".to_owned()
        } else if let Some(id) = uri.strip_prefix("item://") {
            format!("item {}", percent_decode_str(id).decode_utf8_lossy())
        } else {
            return Err(ErrorData::resource_not_found(
                format!("no resource {uri}"),
                None,
            ));
        };
        Ok(ReadResourceResult::new(vec![ResourceContents::text(text, uri)]).into())
    }

    async fn complete(
        &self,
        request: CompleteRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        let of_greet =
            matches!(&request.r#ref, Reference::Prompt(prompt) if prompt.name == "greet");
        let names = NAMES
            .iter()
            .filter(|name| {
                of_greet
                    && request.argument.name == "name"
                    && name.starts_with(&request.argument.value)
            })
            .map(|name| name.to_string());
        CompletionInfo::with_all_values(names.collect())
            .map(CompleteResult::new)
            .map_err(|error| ErrorData::internal_error(error, None))
    }
}

pub async fn serve() -> ExitCode {
    ended(over_stdio().await)
}

pub async fn serve_http(port: &str) -> ExitCode {
    ended(over_http(port).await)
}

async fn over_stdio() -> Result<(), Box<dyn Error>> {
    Peer::default().serve(stdio()).await?.waiting().await?;
    Ok(())
}

async fn over_http(port: &str) -> Result<(), Box<dyn Error>> {
    // A handler for each session or request: what is counted must outlive it.
    let peer = Peer::default();
    let service = StreamableHttpService::new(
        move || Ok(peer.clone()),
        LocalSessionManager::default().into(),
        StreamableHttpServerConfig::default(),
    );
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    println!("{{\"url\":\"http://{}/mcp\"}}", listener.local_addr()?);
    axum::serve(listener, axum::Router::new().nest_service("/mcp", service)).await?;
    Ok(())
}

pub fn ended(result: Result<(), Box<dyn Error>>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
