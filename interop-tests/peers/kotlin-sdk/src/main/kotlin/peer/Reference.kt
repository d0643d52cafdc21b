package peer

import io.modelcontextprotocol.kotlin.sdk.server.ClientConnection
import io.modelcontextprotocol.kotlin.sdk.server.Server
import io.modelcontextprotocol.kotlin.sdk.server.ServerOptions
import io.modelcontextprotocol.kotlin.sdk.shared.currentRequestHandlerExtra
import io.modelcontextprotocol.kotlin.sdk.types.CallToolRequest
import io.modelcontextprotocol.kotlin.sdk.types.CallToolResult
import io.modelcontextprotocol.kotlin.sdk.types.CompleteRequest
import io.modelcontextprotocol.kotlin.sdk.types.CompleteResult
import io.modelcontextprotocol.kotlin.sdk.types.ElicitRequestParams.RequestedSchema
import io.modelcontextprotocol.kotlin.sdk.types.ElicitResult
import io.modelcontextprotocol.kotlin.sdk.types.GetPromptResult
import io.modelcontextprotocol.kotlin.sdk.types.Implementation
import io.modelcontextprotocol.kotlin.sdk.types.Method
import io.modelcontextprotocol.kotlin.sdk.types.ProgressNotification
import io.modelcontextprotocol.kotlin.sdk.types.ProgressNotificationParams
import io.modelcontextprotocol.kotlin.sdk.types.PromptArgument
import io.modelcontextprotocol.kotlin.sdk.types.PromptMessage
import io.modelcontextprotocol.kotlin.sdk.types.PromptReference
import io.modelcontextprotocol.kotlin.sdk.types.ReadResourceResult
import io.modelcontextprotocol.kotlin.sdk.types.Role
import io.modelcontextprotocol.kotlin.sdk.types.ServerCapabilities
import io.modelcontextprotocol.kotlin.sdk.types.StringSchema
import io.modelcontextprotocol.kotlin.sdk.types.TextContent
import io.modelcontextprotocol.kotlin.sdk.types.TextResourceContents
import io.modelcontextprotocol.kotlin.sdk.types.ToolSchema
import io.modelcontextprotocol.kotlin.sdk.types.error
import io.modelcontextprotocol.kotlin.sdk.types.success
import java.util.concurrent.atomic.AtomicInteger
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.delay
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.buildJsonObject
import kotlinx.serialization.json.contentOrNull
import kotlinx.serialization.json.jsonPrimitive
import kotlinx.serialization.json.long
import kotlinx.serialization.json.put
import kotlinx.serialization.json.putJsonObject

/** How many calls of `slow` were stopped by cancellation. */
internal val CANCELS = AtomicInteger()

internal const val NOTHING = "" // what the SDK asks a description for, which the surface has none of

/** The reference surface of PEER.md; those of its parts that the wide surface has, too, are below. */
internal fun reference(): Server {
    val capabilities = ServerCapabilities(
        tools = ServerCapabilities.Tools(),
        resources = ServerCapabilities.Resources(),
        prompts = ServerCapabilities.Prompts(),
        completions = ServerCapabilities.Completions,
    )
    return Server(Implementation("kotlin-sdk", "1.0.0"), ServerOptions(capabilities)) {
        val sum = schema("sum" to INTEGER)
        addTool("add", NOTHING, schema("a" to INTEGER, "b" to INTEGER), outputSchema = sum) { request ->
            structured(buildJsonObject { put("sum", request.number("a") + request.number("b")) })
        }
        addTool("echo_any", NOTHING, schema("payload" to type("object"))) { request ->
            structured(buildJsonObject { put("echo", request.arguments!!.getValue("payload")) })
        }
        addTool("fail", NOTHING) { CallToolResult.error("boom") }
        addTool("slow", NOTHING, schema("ms" to INTEGER)) { request -> work(request, "done") }
        addTool("cancels", NOTHING) { CallToolResult.success("${CANCELS.get()}") }
        addTool("ask_name", NOTHING) { askName() }
        addBig()
        addGreeting()
        addItem()
        addGreet("greet")
        addGreet("grüß 日本")
        completing { request ->
            val isGreet = (request.ref as? PromptReference)?.name == "greet"
            if (isGreet) request.beginning("Alice", "Alan", "Bob") else request.beginning()
        }
    }
}

internal val INTEGER = type("integer")

internal fun type(name: String): JsonObject = buildJsonObject { put("type", name) }

/** A schema of these properties, all of them required. */
internal fun schema(vararg properties: Pair<String, JsonElement>): ToolSchema =
    ToolSchema(properties = JsonObject(mapOf(*properties)), required = properties.map { it.first })

internal fun CallToolRequest.number(name: String): Long = arguments!!.getValue(name).jsonPrimitive.long

internal fun CallToolRequest.text(name: String): String = arguments!!.text(name)

internal fun structured(value: JsonObject, meta: JsonObject? = null): CallToolResult =
    CallToolResult(listOf(TextContent(value.toString())), structuredContent = value, meta = meta)

/** Three steps over the time that the request names, each told when it begins. */
internal suspend fun work(request: CallToolRequest, done: String): CallToolResult {
    val token = request.meta?.progressToken
    try {
        for (step in 1..3) {
            if (token != null) {
                val progress = ProgressNotificationParams(token, step.toDouble(), 3.0, "step $step")
                currentRequestHandlerExtra()!!.sendNotification(ProgressNotification(progress))
            }
            delay(request.number("ms") / 3)
        }
    } catch (stopped: CancellationException) {
        CANCELS.incrementAndGet()
        throw stopped
    }
    return CallToolResult.success(done)
}

private suspend fun ClientConnection.askName(): CallToolResult {
    val form = RequestedSchema(properties = mapOf("name" to StringSchema()), required = listOf("name"))
    val answer = createElicitation("Your name?", form)
    val name = answer.content?.get("name")?.jsonPrimitive?.contentOrNull
    return when (answer.action) {
        ElicitResult.Action.Accept -> CallToolResult.success("Hello, $name!")
        else -> CallToolResult.error("no name was given: ${answer.action}")
    }
}

internal fun Server.addBig() = addTool("big", NOTHING, schema("n" to INTEGER)) { request ->
    CallToolResult.success("x".repeat(1024 * request.number("n").toInt()))
}

internal fun Server.addGreeting() = addResource("text://greeting", "greeting", NOTHING, "text/plain") {
    contents("text://greeting", "héllo wörld ✓")
}

internal fun Server.addItem() = addResourceTemplate("item://{id}", "item") { request, variables ->
    contents(request.uri, "item ${variables["id"]}")
}

internal fun contents(uri: String, text: String): ReadResourceResult =
    ReadResourceResult(listOf(TextResourceContents(text, uri, "text/plain")))

internal fun Server.addGreet(name: String) =
    addPrompt(name, arguments = listOf(PromptArgument("name", required = true))) { request ->
        said("Greet ${request.arguments?.get("name")}")
    }

/** A prompt of one user message. */
internal fun said(text: String): GetPromptResult = GetPromptResult(listOf(PromptMessage(Role.User, TextContent(text))))

/** Completion is a handler of each session: a server has none for all. */
internal fun Server.completing(complete: (CompleteRequest) -> CompleteResult) = onConnect {
    for (session in sessions.values) {
        session.setRequestHandler<CompleteRequest>(Method.Defined.CompletionComplete) { request, _ -> complete(request) }
    }
}

/** Those of some words that begin as the request's value does. */
internal fun CompleteRequest.beginning(vararg words: String): CompleteResult {
    val values = words.filter { it.startsWith(argument.value) }
    return CompleteResult(CompleteResult.Completion(values, values.size, hasMore = false))
}
