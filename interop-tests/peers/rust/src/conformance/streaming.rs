//! Tools that say something before they answer, or whose answer is fetched later.

use std::time::Duration;

use isogloss::protocol::types::{ContentBlock, LoggingLevel};
use isogloss::{Context, Failure, NoArguments, Server};
use tokio::time::sleep;

/// Between two steps of the work that these tools pretend to do.
const PAUSE: Duration = Duration::from_millis(50);

pub fn offer(server: Server) -> Server {
    server
        .tool("test_tool_with_progress", "Reports its progress.", async |_: NoArguments, cx| with_progress(cx).await)
        .tool("test_tool_with_logging", "Logs what it does.", async |_: NoArguments, cx| with_logging(cx).await)
        .tool("test_reconnection", "Has its client poll for the answer.", async |_: NoArguments, cx: Context| {
            cx.close_stream();
            sleep(2 * PAUSE).await;
            Ok(ContentBlock::text("Reconnection test completed successfully."))
        })
}

async fn with_progress(cx: Context) -> Result<ContentBlock, Failure> {
    cx.progress(0.0, Some(100.0), "begun").await?;
    sleep(PAUSE).await;
    cx.progress(50.0, Some(100.0), "half done").await?;
    sleep(PAUSE).await;
    cx.progress(100.0, Some(100.0), "done").await?;
    Ok(ContentBlock::text("Progress was reported."))
}

async fn with_logging(cx: Context) -> Result<ContentBlock, Failure> {
    cx.log(LoggingLevel::Info, "Tool execution started").await?;
    sleep(PAUSE).await;
    cx.log(LoggingLevel::Info, "Tool processing data").await?;
    sleep(PAUSE).await;
    cx.log(LoggingLevel::Info, "Tool execution completed").await?;
    Ok(ContentBlock::text("The log was written."))
}
