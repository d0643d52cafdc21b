//! The two tools of the benchmark, in the modes of the official Rust SDK that may be its fastest: which runtime, which
//! standard streams. Over HTTP it answers with JSON and keeps no session, which its makers document as the light way.

use std::error::Error;

use rmcp::{
    Json, ServerHandler, ServiceExt,
    handler::server::wrapper::Parameters,
    model::{Implementation, JsonObject, ServerCapabilities, ServerConfig},
    schemars::{self, JsonSchema},
    tool, tool_handler, tool_router,
    transport::{
        stdio, stdio_pipes,
        streamable_http_server::{
            StreamableHttpServerConfig, StreamableHttpService, session::local::LocalSessionManager,
        },
    },
};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

#[derive(Deserialize, JsonSchema)]
struct Terms {
    a: i64,
    b: i64,
}

#[derive(Serialize, JsonSchema)]
struct Sum {
    result: i64,
}

#[derive(Deserialize, JsonSchema)]
struct Given {
    payload: JsonObject,
}

#[derive(Clone, Default)]
struct Bench;

#[tool_router(vis = "pub")]
impl Bench {
    /// Adds two integers.
    #[tool]
    fn add(&self, Parameters(Terms { a, b }): Parameters<Terms>) -> Json<Sum> {
        Json(Sum { result: a + b })
    }

    /// Gives the payload back.
    #[tool]
    fn echo(&self, Parameters(Given { payload }): Parameters<Given>) -> Json<JsonObject> {
        Json(payload)
    }
}

#[tool_handler]
impl ServerHandler for Bench {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder().enable_tools().build();
        ServerConfig::new(capabilities).with_server_info(Implementation::new("rmcp-bench", "1"))
    }
}

/// Serves as the words say: `[--blocking-stdio | --http <port>]`.
pub async fn run(words: &[&str]) -> Result<(), Box<dyn Error>> {
    match words {
        [] => Bench.serve(stdio_pipes()).await?.waiting().await.map(drop)?,
        ["--blocking-stdio"] => Bench.serve(stdio()).await?.waiting().await.map(drop)?,
        ["--http", port] => over_http(port).await?,
        _ => return Err("usage: bench [--one-thread] [--blocking-stdio | --http <port>]".into()),
    }
    Ok(())
}

async fn over_http(port: &str) -> Result<(), Box<dyn Error>> {
    let mut config = StreamableHttpServerConfig::default();
    config.legacy_session_mode = false;
    config.json_response = true;
    let service = StreamableHttpService::new(|| Ok(Bench), LocalSessionManager::default().into(), config);
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    println!("{{\"url\":\"http://{}/mcp\"}}", listener.local_addr()?);
    axum::serve(listener, axum::Router::new().nest_service("/mcp", service)).await?;
    Ok(())
}
