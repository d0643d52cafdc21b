package peer

import io.modelcontextprotocol.kotlin.sdk.client.Client
import io.modelcontextprotocol.kotlin.sdk.client.ClientOptions
import io.modelcontextprotocol.kotlin.sdk.types.ClientCapabilities
import io.modelcontextprotocol.kotlin.sdk.types.CreateMessageRequest
import io.modelcontextprotocol.kotlin.sdk.types.CreateMessageResult
import io.modelcontextprotocol.kotlin.sdk.types.ElicitRequest
import io.modelcontextprotocol.kotlin.sdk.types.ElicitResult
import io.modelcontextprotocol.kotlin.sdk.types.EmptyJsonObject
import io.modelcontextprotocol.kotlin.sdk.types.Implementation
import io.modelcontextprotocol.kotlin.sdk.types.LoggingMessageNotification
import io.modelcontextprotocol.kotlin.sdk.types.McpException
import io.modelcontextprotocol.kotlin.sdk.types.McpJson
import io.modelcontextprotocol.kotlin.sdk.types.Method
import io.modelcontextprotocol.kotlin.sdk.types.Notification
import io.modelcontextprotocol.kotlin.sdk.types.ResourceUpdatedNotification
import io.modelcontextprotocol.kotlin.sdk.types.Root
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.atomic.AtomicInteger
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CompletableDeferred
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.decodeFromJsonElement
import kotlinx.serialization.json.int
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive

/** What a driver's client is asked and told: events out, replies in. */
internal class Events {
    private val asked = AtomicInteger()
    private val waiting = ConcurrentHashMap<Int, CompletableDeferred<JsonElement>>()
    private val wanted: MutableSet<String> = ConcurrentHashMap.newKeySet()

    /** A client that can what its user can, and makes an event of everything that it hears. */
    fun client(user: JsonObject): Client {
        val form = EmptyJsonObject.takeIf { user["form"] == TRUE }
        val url = EmptyJsonObject.takeIf { user["url"] == TRUE }
        val roots = user["roots"]?.let { McpJson.decodeFromJsonElement<List<Root>>(it) }
        val capabilities = ClientCapabilities(
            sampling = ClientCapabilities.sampling.takeIf { user["sampling"] == TRUE },
            roots = roots?.let { ClientCapabilities.Roots() },
            elicitation = if (form == null && url == null) null else ClientCapabilities.Elicitation(form, url),
        )
        return Client(Implementation("kotlin-sdk", "1.0.0"), ClientOptions(capabilities)).apply {
            roots?.let { addRoots(it) }
            answerQuestions(capabilities)
            hearNews(hasUrl = url != null)
        }
    }

    /** By request handlers, which may wait; the SDK's own way to answer a form may not. */
    private fun Client.answerQuestions(capabilities: ClientCapabilities) {
        if (capabilities.elicitation != null) {
            setRequestHandler<ElicitRequest>(Method.Defined.ElicitationCreate) { request, _ ->
                McpJson.decodeFromJsonElement<ElicitResult>(ask(request.method, json(request.params)))
            }
        }
        if (capabilities.sampling != null) {
            setRequestHandler<CreateMessageRequest>(Method.Defined.SamplingCreateMessage) { request, _ ->
                McpJson.decodeFromJsonElement<CreateMessageResult>(ask(request.method, json(request.params)))
            }
        }
    }

    private fun Client.hearNews(hasUrl: Boolean) {
        hear<LoggingMessageNotification>(Method.Defined.NotificationsMessage) { event("log", json(it.params)) }
        hear<ResourceUpdatedNotification>(Method.Defined.NotificationsResourcesUpdated) {
            event("updated", "uri" to json(it.params.uri))
        }
        hear<Notification>(Method.Defined.NotificationsToolsListChanged) { changed("tools") }
        hear<Notification>(Method.Defined.NotificationsResourcesListChanged) { changed("resources") }
        hear<Notification>(Method.Defined.NotificationsPromptsListChanged) { changed("prompts") }
        if (hasUrl) {
            setElicitationCompleteHandler { event("elicited", "elicitation_id" to json(it.params.elicitationId)) }
        }
    }

    private fun <T : Notification> Client.hear(method: Method, tell: (T) -> Unit) =
        setNotificationHandler<T>(method) { CompletableDeferred(tell(it)) }

    /** From now on changes of these lists are told, or no longer. */
    fun want(instruction: JsonObject, isMore: Boolean) {
        val lists = instruction["changes"]?.jsonArray.orEmpty().map { it.jsonPrimitive.content }
        if (isMore) wanted += lists else wanted -= lists.toSet()
    }

    private fun changed(what: String) {
        if (what in wanted) event("changed", "what" to json(what))
    }

    private suspend fun ask(method: Method, params: JsonElement): JsonElement {
        val number = asked.incrementAndGet()
        val answer = CompletableDeferred<JsonElement>()
        waiting[number] = answer
        event("asked", "n" to JsonPrimitive(number), "method" to json(method.value), "params" to params)
        try {
            return answer.await()
        } catch (withdrawn: CancellationException) {
            event("withdrawn", "n" to JsonPrimitive(number))
            throw withdrawn
        } finally {
            waiting.remove(number)
        }
    }

    /** Answers the question that an event told of. */
    fun reply(instruction: JsonObject) {
        val number = instruction.getValue("to").jsonPrimitive.int
        val answer = waiting[number] ?: throw NoSuchElementException("nothing is asked under $number")
        val error = instruction["error"]?.jsonObject
        if (error == null) {
            answer.complete(instruction.getValue("result"))
        } else {
            answer.completeExceptionally(McpException(error.getValue("code").jsonPrimitive.int, error.text("message")))
        }
    }
}

internal fun event(name: String, vararg members: Pair<String, JsonElement>) = say(mapOf("event" to json(name), *members))

internal fun event(name: String, members: JsonElement) = say(mapOf("event" to json(name)) + members.jsonObject)
