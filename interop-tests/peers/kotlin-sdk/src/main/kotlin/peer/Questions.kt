package peer

import io.modelcontextprotocol.kotlin.sdk.server.ClientConnection
import io.modelcontextprotocol.kotlin.sdk.types.BooleanSchema
import io.modelcontextprotocol.kotlin.sdk.types.CallToolRequest
import io.modelcontextprotocol.kotlin.sdk.types.CallToolResult
import io.modelcontextprotocol.kotlin.sdk.types.CreateMessageRequest
import io.modelcontextprotocol.kotlin.sdk.types.CreateMessageRequestParams
import io.modelcontextprotocol.kotlin.sdk.types.DoubleSchema
import io.modelcontextprotocol.kotlin.sdk.types.ElicitRequestParams.RequestedSchema
import io.modelcontextprotocol.kotlin.sdk.types.ElicitResult
import io.modelcontextprotocol.kotlin.sdk.types.EnumOption
import io.modelcontextprotocol.kotlin.sdk.types.IntegerSchema
import io.modelcontextprotocol.kotlin.sdk.types.Role
import io.modelcontextprotocol.kotlin.sdk.types.SamplingMessage
import io.modelcontextprotocol.kotlin.sdk.types.StringSchema
import io.modelcontextprotocol.kotlin.sdk.types.TextContent
import io.modelcontextprotocol.kotlin.sdk.types.TitledSingleSelectEnumSchema
import io.modelcontextprotocol.kotlin.sdk.types.success
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.coroutineScope
import kotlinx.serialization.json.JsonArray

private val WHO = RequestedSchema(
    properties = mapOf(
        "name" to StringSchema(minLength = 1),
        "age" to IntegerSchema(minimum = 0, maximum = 150),
        "weight" to DoubleSchema(),
        "member" to BooleanSchema(default = true),
        "colour" to TitledSingleSelectEnumSchema(oneOf = listOf(EnumOption("red", "Red"), EnumOption("green", "Green"))),
    ),
    required = listOf("name"),
)

/** Asks the user, and gives the outcomes in the order asked. */
internal suspend fun ClientConnection.ask(request: CallToolRequest): CallToolResult {
    val outcomes = when (request.text("how")) {
        "form" -> listOf(createElicitation("Who are you?", WHO))
        "url" -> listOf(createElicitation("Consent?", "consent-1", "https://example.com/consent"))
        "several" -> coroutineScope {
            awaitAll(async { askFor("first", "First?") }, async { askFor("second", "Second?") })
        }
        else -> rounds()
    }
    return CallToolResult.success(JsonArray(outcomes.map { json(it) }).toString())
}

private suspend fun ClientConnection.askFor(name: String, message: String): ElicitResult =
    createElicitation(message, RequestedSchema(properties = mapOf(name to StringSchema()), required = listOf(name)))

private suspend fun ClientConnection.rounds(): List<ElicitResult> {
    val first = askFor("first", "First?")
    if (first.action != ElicitResult.Action.Accept) return listOf(first)
    return listOf(first, askFor("second", "${first.content!!.text("first")}, and?"))
}

internal suspend fun ClientConnection.sample(request: CallToolRequest): CallToolResult {
    val message = SamplingMessage(Role.User, TextContent(request.text("prompt")))
    val answer = createMessage(CreateMessageRequest(CreateMessageRequestParams(maxTokens = 100, messages = listOf(message))))
    return CallToolResult.success((answer.content.first() as TextContent).text)
}

internal suspend fun ClientConnection.roots(): CallToolResult =
    CallToolResult.success(JsonArray(listRoots().roots.map { json(it.uri) }).toString())
