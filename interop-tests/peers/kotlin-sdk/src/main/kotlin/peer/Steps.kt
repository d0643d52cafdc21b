package peer

import io.modelcontextprotocol.kotlin.sdk.client.Client
import io.modelcontextprotocol.kotlin.sdk.client.ClientOptions
import io.modelcontextprotocol.kotlin.sdk.shared.RequestOptions
import io.modelcontextprotocol.kotlin.sdk.types.CallToolResult
import io.modelcontextprotocol.kotlin.sdk.types.ClientCapabilities
import io.modelcontextprotocol.kotlin.sdk.types.CompleteRequest
import io.modelcontextprotocol.kotlin.sdk.types.CompleteRequestParams
import io.modelcontextprotocol.kotlin.sdk.types.ElicitResult
import io.modelcontextprotocol.kotlin.sdk.types.GetPromptRequest
import io.modelcontextprotocol.kotlin.sdk.types.GetPromptRequestParams
import io.modelcontextprotocol.kotlin.sdk.types.Implementation
import io.modelcontextprotocol.kotlin.sdk.types.McpException
import io.modelcontextprotocol.kotlin.sdk.types.McpJson
import io.modelcontextprotocol.kotlin.sdk.types.PromptReference
import io.modelcontextprotocol.kotlin.sdk.types.ReadResourceRequest
import io.modelcontextprotocol.kotlin.sdk.types.ReadResourceRequestParams
import io.modelcontextprotocol.kotlin.sdk.types.TextContent
import io.modelcontextprotocol.kotlin.sdk.types.TextResourceContents
import io.modelcontextprotocol.kotlin.sdk.types.toJson
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import kotlin.time.TimeSource
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.async
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.withTimeout
import kotlinx.coroutines.withTimeoutOrNull
import kotlinx.serialization.json.buildJsonObject
import kotlinx.serialization.json.put

private val CONNECTING = 30.seconds
private val STEP = 5.seconds
private val UNTOLD = 300.milliseconds
private val POLL = 100.milliseconds
private const val WRONG_PARAMS = -32602
private val TOOLS = listOf("add", "ask_name", "big", "cancels", "echo_any", "fail", "slow")
private const val PAYLOAD = """
    {"text": "héllo wörld ✓ 日本 😀", "separators": "a\u2028b\u2029c",
     "control": "\u0000\u0001\u001f\u007f\t\r\n\"\\", "nothing": null,
     "deep": {"list": [null, [null, {"inner": null}]]},
     "most": 9007199254740991, "least": -9007199254740991, "tenth": 0.1, "tiny": 1e-7, "no": false,
     "object": {}, "array": [], "": "empty key", "${'$'}ref": "#/nowhere", "constructor": {"prototype": null},
     "_meta": {"progressToken": "x"}, "type": "nonsense", "__proto__": {"polluted": true}}"""

/** What a step saw, and whether that is what the surface says. */
private class Seen(val ok: Boolean, val detail: Any?)

/** The client's steps of PEER.md: each says what its caller saw, and none looks at the wire. */
internal class Steps(private val door: Door) {
    private val client = Client(
        Implementation("kotlin-sdk", "1.0.0"),
        ClientOptions(ClientCapabilities(elicitation = ClientCapabilities.elicitation)),
    ).apply {
        setElicitationHandler { ElicitResult(ElicitResult.Action.Accept, buildJsonObject { put("name", "Zoë") }) }
    }
    private val chosen = System.getenv("ISOGLOSS_STEPS")?.split(",")
    private var connection: Connection? = null
    private var cancelsBefore = 0

    /** Goes through them all; 1 where it could not connect. */
    suspend fun run(): Int {
        step("connect") { connect() }
        val opened = connection ?: return 1
        step("ping") { client.ping().let { Seen(true, null) } }
        step("list_tools") { seen(client.listTools().tools.map { it.name }.sorted(), TOOLS) }
        step("add") { seen(call("add", "a" to 2, "b" to 3).structuredContent, mapOf("sum" to 5)) }
        step("echo_payload") { echo() }
        step("fail") { call("fail").let { Seen(it.isError == true && "boom" in it.text(), it.text()) } }
        step("unknown_tool") { refused { call("no_such_tool") } }
        step("wrong_args") { wrongArgs() }
        step("progress") { progress() }
        step("cancel") { cancel() }
        step("cancel_srv") { cancelSeen() }
        step("ask_name") { seen(call("ask_name").text(), "Hello, Zoë!") }
        step("resource") { read("text://greeting").let { seen(listOf(it.text, it.mimeType), GREETING) } }
        step("template") { seen(read("item://caf%C3%A9%20%E2%9C%93").text, "item café ✓") }
        step("res_missing") { refused { read("text://missing") } }
        step("prompt") { prompt("greet") }
        step("complete") { complete() }
        step("big") { call("big", "n" to 2048).text().let { Seen(it == "x".repeat(2 shl 20), it.length) } }
        step("prompt_uni") { prompt("grüß 日本") }
        step("close") { opened.close().let { Seen(true, null) } }
        return 0
    }

    private suspend fun step(name: String, what: suspend () -> Seen) {
        if (chosen != null && name !in chosen && name != "connect" && name != "close") return
        val seen = try {
            withTimeout(if (name == "connect") CONNECTING else STEP) { what() }
        } catch (error: Exception) {
            Seen(false, error.message ?: error.toString())
        }
        say(mapOf("step" to name, "ok" to seen.ok, "detail" to seen.detail).toJson())
    }

    private suspend fun connect(): Seen {
        val opened = door.connect(client)
        connection = opened
        return Seen(true, mapOf("revision" to opened.revision, "server" to client.serverVersion?.name))
    }

    private suspend fun echo(): Seen {
        val sent = buildJsonObject { put("echo", McpJson.parseToJsonElement(PAYLOAD)) }
        val back = call("echo_any", "payload" to sent["echo"]).structuredContent
        return if (back != null && isEqual(back, sent)) Seen(true, "equal") else Seen(false, back)
    }

    private suspend fun wrongArgs(): Seen = try {
        val result = call("add", "a" to "x", "b" to 3)
        if (result.isError == true) Seen(true, "isError") else Seen(false, result.text())
    } catch (error: McpException) {
        Seen(error.code == WRONG_PARAMS, error.code)
    }

    private suspend fun progress(): Seen {
        val told = mutableListOf<Map<String, Any?>>()
        val options = RequestOptions(
            onProgress = { told += mapOf("progress" to it.progress, "total" to it.total, "message" to it.message) },
        )
        val done = client.callTool("slow", mapOf("ms" to 150), options = options).text()
        val expected = (1..3).map { mapOf("progress" to it.toDouble(), "total" to 3.0, "message" to "step $it") }
        return Seen(done == "done" && told == expected, told)
    }

    /** The coroutine that waits for the call is cancelled at the first progress, or after a while without any. */
    private suspend fun cancel(): Seen = coroutineScope {
        cancelsBefore = cancels()
        val runs = CompletableDeferred<Unit>()
        val options = RequestOptions(onProgress = { runs.complete(Unit) })
        val waiting = async { client.callTool("slow", mapOf("ms" to 30_000), options = options) }
        withTimeoutOrNull(UNTOLD) { runs.await() }
        waiting.cancel()
        try {
            Seen(false, waiting.await().text())
        } catch (_: CancellationException) {
            Seen(true, "cancelled")
        }
    }

    /** Asks again until the cancellation has reached the handler. */
    private suspend fun cancelSeen(): Seen {
        val since = TimeSource.Monotonic.markNow()
        var count = cancels()
        while (count <= cancelsBefore && since.elapsedNow() < STEP - POLL) {
            delay(POLL)
            count = cancels()
        }
        return Seen(count > cancelsBefore, count)
    }

    private suspend fun cancels(): Int = call("cancels").text().toInt()

    private suspend fun complete(): Seen {
        val argument = CompleteRequestParams.Argument("name", "Al")
        val request = CompleteRequest(CompleteRequestParams(argument, PromptReference("greet")))
        val values = client.complete(request).completion.values
        return Seen(values.sorted() == listOf("Alan", "Alice"), values)
    }

    private suspend fun prompt(name: String): Seen {
        val result = client.getPrompt(GetPromptRequest(GetPromptRequestParams(name, mapOf("name" to "Ann"))))
        val messages = result.messages.map { message ->
            listOf(json(message.role), (message.content as TextContent).text)
        }
        return seen(messages, listOf(listOf("user", "Greet Ann")))
    }

    private suspend fun read(uri: String): TextResourceContents =
        client.readResource(ReadResourceRequest(ReadResourceRequestParams(uri))).contents.first() as TextResourceContents

    private suspend fun call(name: String, vararg arguments: Pair<String, Any?>): CallToolResult =
        client.callTool(name, mapOf(*arguments))
}

private val GREETING = listOf("héllo wörld ✓", "text/plain")

private fun CallToolResult.text(): String = (content.first() as TextContent).text

/** Compared as JSON. */
private fun seen(found: Any?, expected: Any?): Seen {
    val both = mapOf("found" to found, "expected" to expected).toJson()
    return Seen(isEqual(both.getValue("found"), both.getValue("expected")), found)
}

private suspend fun refused(request: suspend () -> Any): Seen = try {
    Seen(false, request().toString())
} catch (error: McpException) {
    Seen(true, error.code)
}
