package peer

import io.modelcontextprotocol.kotlin.sdk.shared.TooLongFrameException
import io.modelcontextprotocol.kotlin.sdk.types.McpException
import io.modelcontextprotocol.kotlin.sdk.types.RPCError.ErrorCode
import java.io.IOException
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.channels.ClosedReceiveChannelException
import kotlinx.serialization.SerializationException
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive

/** There is no connection. */
internal class NotConnected : Exception("there is no connection")

/** What went wrong, in the words of DRIVER.md: by the type of the SDK's exception, or of the one that caused it. */
internal fun problemOf(problem: Throwable): JsonObject {
    val kind = kindOf(problem)
    val members = mutableMapOf<String, JsonElement>("kind" to json(kind), "message" to json("${problem.message}"))
    if (kind == "protocol" && problem is McpException) {
        members["code"] = JsonPrimitive(problem.code)
        problem.data?.let { members["data"] = it }
    }
    return JsonObject(members)
}

private fun kindOf(problem: Throwable): String = when (problem) {
    // What a server says and what the SDK itself says is of one type: only the latter has a cause.
    is McpException -> problem.cause?.let { kindOf(it) } ?: kindOf(problem)
    is CancellationException -> "cancelled"
    is TooLongFrameException -> "too_large"
    is NotConnected, is IOException, is ClosedReceiveChannelException -> "closed"
    // A result of another kind than the one that was asked for is cast to it.
    is SerializationException, is ClassCastException -> "invalid"
    is UnsupportedOperationException -> "unsupported"
    is IllegalStateException -> if (problem.message == "Not connected") "closed" else "refused"
    else -> "other"
}

private fun kindOf(error: McpException): String = when (error.code) {
    ErrorCode.CONNECTION_CLOSED -> "closed"
    ErrorCode.REQUEST_TIMEOUT -> "timeout"
    else -> "protocol"
}
