//! Resources: text, bytes, a template, and one to watch.

use isogloss::protocol::types::AnyResourceContents;
use isogloss::{Server, offer};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::media::PNG;

#[derive(Deserialize, JsonSchema)]
struct Item {
    id: String,
}

pub fn offer(server: Server) -> Server {
    server
        .resource("test://static-text", "static-text", async |_| Ok("This is the content of the static text resource."))
        .offer(
            offer::resource("test://static-binary", "static-binary", async |_| Ok(PNG.to_vec())).mime_type("image/png"),
        )
        .resource("test://watched-resource", "watched-resource", async |_| Ok("Watched resource content"))
        .offer(
            offer::resource_template("test://template/{id}/data", "template", async |Item { id }: Item, _| {
                let data = json!({ "id": id, "templateTest": true, "data": format!("Data for ID: {id}") });
                let uri = format!("test://template/{id}/data");
                Ok(AnyResourceContents::text(uri, "application/json", data.to_string()))
            })
            .mime_type("application/json"),
        )
}
