package peer

import io.modelcontextprotocol.kotlin.sdk.server.ClientConnection
import io.modelcontextprotocol.kotlin.sdk.server.Server
import io.modelcontextprotocol.kotlin.sdk.server.ServerOptions
import io.modelcontextprotocol.kotlin.sdk.types.CallToolRequest
import io.modelcontextprotocol.kotlin.sdk.types.CallToolResult
import io.modelcontextprotocol.kotlin.sdk.types.CompleteRequest
import io.modelcontextprotocol.kotlin.sdk.types.CompleteResult
import io.modelcontextprotocol.kotlin.sdk.types.EmptyJsonObject
import io.modelcontextprotocol.kotlin.sdk.types.Implementation
import io.modelcontextprotocol.kotlin.sdk.types.LoggingLevel
import io.modelcontextprotocol.kotlin.sdk.types.LoggingMessageNotification
import io.modelcontextprotocol.kotlin.sdk.types.LoggingMessageNotificationParams
import io.modelcontextprotocol.kotlin.sdk.types.McpException
import io.modelcontextprotocol.kotlin.sdk.types.PromptReference
import io.modelcontextprotocol.kotlin.sdk.types.ResourceTemplateReference
import io.modelcontextprotocol.kotlin.sdk.types.ResourceUpdatedNotification
import io.modelcontextprotocol.kotlin.sdk.types.ResourceUpdatedNotificationParams
import io.modelcontextprotocol.kotlin.sdk.types.ServerCapabilities
import io.modelcontextprotocol.kotlin.sdk.types.ToolAnnotations
import io.modelcontextprotocol.kotlin.sdk.types.ToolSchema
import io.modelcontextprotocol.kotlin.sdk.types.error
import io.modelcontextprotocol.kotlin.sdk.types.success
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.atomic.AtomicInteger
import kotlinx.coroutines.delay
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.buildJsonObject
import kotlinx.serialization.json.put

private const val ASKED_FOR = 4242
private val STRING = type("string")

/** The wide surface of DRIVER.md; what it asks users is in Questions.kt, its content in Samples.kt. */
internal class Wide {
    private val counted = ConcurrentHashMap<String, Int>()
    private val steady = ConcurrentHashMap<String, Int>()
    private val clock = AtomicInteger()

    val server = Server(Implementation("wide", "1.0.0"), ServerOptions(CAPABILITIES)) {
        addPlainTools()
        addCounters()
        addTools()
        addGreeting()
        addPixel()
        addItem()
        addResource("text://clock", "clock", NOTHING, "text/plain") { contents("text://clock", "${clock.get()}") }
        addResourceTemplate("pair://{left}/{right}", "pair") { request, variables ->
            contents(request.uri, JsonArray(listOf("left", "right").map { json(variables.getValue(it)) }).toString())
        }
        addGreet("greet")
        addRich()
        completing(::complete)
    }

    private fun Server.addPlainTools() {
        addTool("contents", NOTHING) { samples() }
        addTool("echo", NOTHING, ToolSchema(properties = JsonObject(mapOf("value" to EmptyJsonObject)))) { request ->
            val value = request.arguments?.get("value")
            structured(
                buildJsonObject {
                    put("present", value != null)
                    value?.let { put("value", it) }
                },
            )
        }
        addTool("exact", NOTHING, schema("whole" to INTEGER, "number" to type("number"))) { request ->
            structured(request.arguments ?: EmptyJsonObject)
        }
        addTool("meta", NOTHING) { request ->
            val own = request.meta?.json.orEmpty().filterKeys { it.startsWith("example.com/") }
            structured(JsonObject(own), meta = buildJsonObject { put("example.com/answered", true) })
        }
        addTool("fail", NOTHING, schema("how" to STRING)) { request -> fail(request.text("how")) }
        addBig()
        val region = JsonObject(STRING + ("x-mcp-header" to json("Region")))
        addTool("region", NOTHING, schema("region" to region)) { request -> CallToolResult.success(request.text("region")) }
    }

    private fun Server.addCounters() {
        val keyed = ToolSchema(properties = JsonObject(mapOf("key" to STRING, "ms" to INTEGER)), required = listOf("key"))
        addTool("count", NOTHING, keyed) { request -> count(request, counted) }
        val repeated = ToolAnnotations(destructiveHint = false, idempotentHint = true)
        addTool("steady", NOTHING, keyed, toolAnnotations = repeated) { request -> count(request, steady) }
        val reading = ToolAnnotations(readOnlyHint = true)
        addTool("counted", NOTHING, schema("key" to STRING), toolAnnotations = reading) { request ->
            result(counted[request.text("key")] ?: 0)
        }
    }

    /** Those that take their time, tell something meanwhile, ask, or change the server. */
    private fun Server.addTools() {
        addTool("slow", NOTHING, schema("ms" to INTEGER)) { request -> work(request, "done") }
        addTool("work", NOTHING, schema("ms" to INTEGER)) { request -> work(request, "worked") }
        addTool("cancels", NOTHING) { result(CANCELS.get()) }
        addTool("ask", NOTHING, schema("how" to STRING)) { request -> ask(request) }
        addTool("sample", NOTHING, schema("prompt" to STRING)) { request -> sample(request) }
        addTool("roots", NOTHING) { roots() }
        addTool("log", NOTHING) { log() }
        addTool("change", NOTHING, schema("what" to STRING)) { request ->
            change(request.text("what"))
            CallToolResult.success("done")
        }
    }

    private suspend fun count(request: CallToolRequest, counts: MutableMap<String, Int>): CallToolResult {
        val count = counts.merge(request.text("key"), 1, Int::plus)!!
        if ("ms" in request.arguments!!) delay(request.number("ms"))
        return result(count)
    }

    private suspend fun change(what: String) {
        when (what) {
            "tools" -> if (!server.removeTool("extra")) server.addTool("extra", NOTHING) { CallToolResult.success("extra") }
            "prompts" -> if (!server.removePrompt("extra")) server.addPrompt("extra") { said("extra") }
            "resources" -> if (!server.removeResource("text://extra")) server.addExtra()
            else -> tick()
        }
    }

    /** Tells every session, for who subscribed is nothing that the SDK tells. */
    private suspend fun tick() {
        clock.incrementAndGet()
        val updated = ResourceUpdatedNotification(ResourceUpdatedNotificationParams("text://clock"))
        server.sessions.keys.forEach { server.sendResourceUpdated(it, updated) }
    }
}

private val CAPABILITIES = ServerCapabilities(
    tools = ServerCapabilities.Tools(listChanged = true),
    resources = ServerCapabilities.Resources(listChanged = true, subscribe = true),
    prompts = ServerCapabilities.Prompts(listChanged = true),
    logging = ServerCapabilities.Logging,
    completions = ServerCapabilities.Completions,
)

private fun Server.addExtra() = addResource("text://extra", "extra", NOTHING, "text/plain") {
    contents("text://extra", "extra")
}

private fun result(count: Int): CallToolResult = structured(buildJsonObject { put("result", count) })

private fun fail(how: String): CallToolResult = when (how) {
    "tool" -> CallToolResult.error("boom")
    "protocol" -> throw McpException(ASKED_FOR, "asked for", buildJsonObject { put("why", "asked") })
    else -> throw IllegalArgumentException("secret detail")
}

private suspend fun ClientConnection.log(): CallToolResult {
    for (level in LoggingLevel.entries) {
        val data = JsonObject(mapOf("at" to json(level)))
        sendLoggingMessage(LoggingMessageNotification(LoggingMessageNotificationParams(level, data, "wide")))
    }
    return CallToolResult.success("done")
}

private fun complete(request: CompleteRequest): CompleteResult {
    val ref = request.ref
    val isX = request.context?.arguments?.get("left") == "x"
    return when {
        ref is PromptReference && ref.name == "greet" -> request.beginning("Alice", "Alan", "Bob")
        ref is ResourceTemplateReference && ref.uri == "item://{id}" -> request.beginning("a1", "a2", "b1")
        ref is ResourceTemplateReference && request.argument.name == "right" && isX -> request.beginning("x1", "x2")
        else -> request.beginning()
    }
}
