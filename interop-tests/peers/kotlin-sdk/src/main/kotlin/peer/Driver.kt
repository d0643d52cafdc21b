package peer

import io.modelcontextprotocol.kotlin.sdk.client.Client
import io.modelcontextprotocol.kotlin.sdk.shared.DEFAULT_REQUEST_TIMEOUT
import io.modelcontextprotocol.kotlin.sdk.shared.RequestOptions
import io.modelcontextprotocol.kotlin.sdk.types.CallToolRequest
import io.modelcontextprotocol.kotlin.sdk.types.CallToolRequestParams
import io.modelcontextprotocol.kotlin.sdk.types.CompleteRequest
import io.modelcontextprotocol.kotlin.sdk.types.GetPromptRequest
import io.modelcontextprotocol.kotlin.sdk.types.LATEST_PROTOCOL_VERSION
import io.modelcontextprotocol.kotlin.sdk.types.ListPromptsRequest
import io.modelcontextprotocol.kotlin.sdk.types.ListResourceTemplatesRequest
import io.modelcontextprotocol.kotlin.sdk.types.ListResourcesRequest
import io.modelcontextprotocol.kotlin.sdk.types.ListToolsRequest
import io.modelcontextprotocol.kotlin.sdk.types.McpJson
import io.modelcontextprotocol.kotlin.sdk.types.PaginatedRequestParams
import io.modelcontextprotocol.kotlin.sdk.types.Progress
import io.modelcontextprotocol.kotlin.sdk.types.ReadResourceRequest
import io.modelcontextprotocol.kotlin.sdk.types.RequestMeta
import io.modelcontextprotocol.kotlin.sdk.types.SubscribeRequest
import io.modelcontextprotocol.kotlin.sdk.types.SubscribeRequestParams
import io.modelcontextprotocol.kotlin.sdk.types.UnsubscribeRequest
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import kotlinx.coroutines.withTimeoutOrNull
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.buildJsonObject
import kotlinx.serialization.json.decodeFromJsonElement
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import kotlinx.serialization.json.long
import kotlinx.serialization.json.put

private val CLOSING = 5.seconds

/** What each list is called in a page of it. */
private val LISTS =
    mapOf("tools" to "tools", "resources" to "resources", "templates" to "resourceTemplates", "prompts" to "prompts")

/** The driver of DRIVER.md: instructions in, answers and events out; what comes unasked is [Events]'. */
internal class Driver(private val door: Door) {
    private val events = Events()
    private val running = mutableMapOf<JsonElement, Job>()
    private var client: Client? = null
    private var connection: Connection? = null

    /** Follows instructions until its input ends; what still runs then is left to the end of the program. */
    suspend fun run(): Int {
        val instructions = CoroutineScope(currentCoroutineContext() + SupervisorJob())
        val lines = System.`in`.bufferedReader()
        while (true) {
            val line = withContext(Dispatchers.IO) { lines.readLine() } ?: break
            instructions.begin(McpJson.parseToJsonElement(line).jsonObject)
        }
        withTimeoutOrNull(CLOSING) { close() }
        return 0
    }

    private fun CoroutineScope.begin(instruction: JsonObject) {
        val id = instruction.getValue("id")
        val job = launch(start = CoroutineStart.LAZY) {
            val answer = try {
                "ok" to follow(instruction)
            } catch (problem: Throwable) {
                "error" to problemOf(problem)
            }
            running.remove(id)
            say(mapOf("id" to id, answer))
        }
        running[id] = job
        job.start()
    }

    private suspend fun follow(instruction: JsonObject): JsonElement {
        when (val what = instruction["do"]?.jsonPrimitive?.content) {
            "connect" -> return connect(instruction)
            "list" -> return list(instruction.text("what"))
            "page" -> return page(instruction.text("what"), instruction["cursor"]?.jsonPrimitive?.content)
            "call" -> return call(instruction)
            "read" -> return json(connected().readResource(ReadResourceRequest(params(instruction))))
            "prompt" -> return json(connected().getPrompt(GetPromptRequest(params(instruction))))
            "complete" -> return json(connected().complete(CompleteRequest(params(instruction))))
            "close" -> close()
            "cancel" -> running[instruction.getValue("call")]?.cancel() ?: throw NoSuchElementException("it does not run")
            "ping" -> connected().ping()
            "level" -> connected().setLoggingLevel(McpJson.decodeFromJsonElement(instruction.getValue("level")))
            "subscribe" -> subscribe(instruction)
            "unsubscribe" -> unsubscribe(instruction)
            "reply" -> events.reply(instruction)
            else -> throw UnsupportedOperationException("no instruction is named $what")
        }
        return JsonNull
    }

    private fun connected(): Client = client ?: throw NotConnected()

    private suspend fun connect(instruction: JsonObject): JsonElement {
        val revision = instruction["revision"]?.jsonPrimitive?.content
        unsupported(revision != null && revision != LATEST_PROTOCOL_VERSION, "the SDK always offers its latest revision")
        unsupported("max_message" in instruction, "the SDK has no limit of all messages that can be set")
        unsupported(instruction["tasks"] == TRUE, "the SDK does not have the extension")
        close()
        val opened = events.client(instruction["user"]?.jsonObject ?: JsonObject(emptyMap()))
        connection = door.connect(opened)
        client = opened
        return buildJsonObject {
            put("revision", connection?.revision)
            put("server", json(opened.serverVersion))
            put("capabilities", json(opened.serverCapabilities))
            opened.serverInstructions?.let { put("instructions", it) }
        }
    }

    private suspend fun close() {
        client = null
        connection?.let {
            connection = null
            it.close()
        }
    }

    private suspend fun list(what: String): JsonElement {
        val items = mutableListOf<JsonElement>()
        var cursor: String? = null
        do {
            val page = page(what, cursor)
            items.addAll(page.getValue(LISTS.getValue(what)).jsonArray)
            cursor = page["nextCursor"]?.jsonPrimitive?.content
        } while (cursor != null)
        return JsonObject(mapOf("items" to JsonArray(items)))
    }

    private suspend fun page(what: String, cursor: String?): JsonObject {
        val params = cursor?.let { PaginatedRequestParams(it) }
        val page = when (what) {
            "tools" -> json(connected().listTools(ListToolsRequest(params)))
            "resources" -> json(connected().listResources(ListResourcesRequest(params)))
            "templates" -> json(connected().listResourceTemplates(ListResourceTemplatesRequest(params)))
            "prompts" -> json(connected().listPrompts(ListPromptsRequest(params)))
            else -> throw UnsupportedOperationException("there is no list of $what")
        }
        return page.jsonObject
    }

    private suspend fun call(instruction: JsonObject): JsonElement {
        unsupported(instruction["task"] == TRUE, "the SDK does not have the extension")
        val params = CallToolRequestParams(
            name = instruction.text("name"),
            arguments = instruction["arguments"]?.jsonObject,
            meta = instruction["meta"]?.let { RequestMeta(it.jsonObject) },
        )
        val options = RequestOptions(
            onProgress = if (instruction["progress"] == TRUE) ({ tell(instruction, it) }) else null,
            timeout = instruction["timeout_ms"]?.jsonPrimitive?.long?.milliseconds ?: DEFAULT_REQUEST_TIMEOUT,
        )
        return json(connected().callTool(CallToolRequest(params), options))
    }

    private fun tell(instruction: JsonObject, told: Progress) =
        event("progress", JsonObject(mapOf("call" to instruction.getValue("id")) + json(told).jsonObject))

    private suspend fun subscribe(instruction: JsonObject) {
        events.want(instruction, isMore = true)
        instruction.uris().forEach { connected().subscribeResource(SubscribeRequest(SubscribeRequestParams(it))) }
    }

    private suspend fun unsubscribe(instruction: JsonObject) {
        events.want(instruction, isMore = false)
        instruction.uris().forEach { connected().unsubscribeResource(UnsubscribeRequest(it)) }
    }
}

private fun JsonObject.uris(): List<String> = get("uris")?.jsonArray.orEmpty().map { it.jsonPrimitive.content }

/** An instruction's members that are the request's, too. */
private inline fun <reified T> params(instruction: JsonObject): T = McpJson.decodeFromJsonElement(instruction)

private fun unsupported(isWanted: Boolean, why: String) {
    if (isWanted) throw UnsupportedOperationException(why)
}
