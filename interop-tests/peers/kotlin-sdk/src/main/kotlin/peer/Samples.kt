package peer

import io.modelcontextprotocol.kotlin.sdk.server.Server
import io.modelcontextprotocol.kotlin.sdk.types.Annotations
import io.modelcontextprotocol.kotlin.sdk.types.AudioContent
import io.modelcontextprotocol.kotlin.sdk.types.BlobResourceContents
import io.modelcontextprotocol.kotlin.sdk.types.CallToolResult
import io.modelcontextprotocol.kotlin.sdk.types.EmbeddedResource
import io.modelcontextprotocol.kotlin.sdk.types.GetPromptResult
import io.modelcontextprotocol.kotlin.sdk.types.ImageContent
import io.modelcontextprotocol.kotlin.sdk.types.PromptMessage
import io.modelcontextprotocol.kotlin.sdk.types.ReadResourceResult
import io.modelcontextprotocol.kotlin.sdk.types.ResourceLink
import io.modelcontextprotocol.kotlin.sdk.types.Role
import io.modelcontextprotocol.kotlin.sdk.types.TextContent
import io.modelcontextprotocol.kotlin.sdk.types.TextResourceContents
import java.util.Base64

private const val PIXEL =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR42mP4DwABAQEAHLCMmQAAAABJRU5ErkJggg=="
private val IMAGE = ImageContent(PIXEL, "image/png")
private val INSIDE = EmbeddedResource(TextResourceContents("inside", "text://inside"))

/** One of each kind of content, as the wide surface of DRIVER.md has them. */
internal fun samples(): CallToolResult = CallToolResult(
    listOf(
        TextContent("text", Annotations(audience = listOf(Role.User), priority = 0.5)),
        IMAGE,
        AudioContent(base64("RIFF".toByteArray()), "audio/wav"),
        ResourceLink(name = "greeting", uri = "text://greeting"),
        INSIDE,
        EmbeddedResource(
            BlobResourceContents(base64(byteArrayOf(0, 1, 2, -1)), "blob://inside", "application/octet-stream"),
        ),
    ),
)

internal fun Server.addPixel() = addResource("blob://pixel", "pixel", NOTHING, "image/png") {
    ReadResourceResult(listOf(BlobResourceContents(PIXEL, "blob://pixel", "image/png")))
}

internal fun Server.addRich() = addPrompt("rich") {
    GetPromptResult(
        listOf(
            PromptMessage(Role.User, TextContent("Look.")),
            PromptMessage(Role.Assistant, TextContent("At what?")),
            PromptMessage(Role.User, IMAGE),
            PromptMessage(Role.User, INSIDE),
        ),
    )
}

private fun base64(bytes: ByteArray): String = Base64.getEncoder().encodeToString(bytes)
