// What tools, prompts and resources are made of: blocks of content for the model, messages, and contents at
// addresses. The types are the protocol's own.

import { base64, block } from './output.js';
import type {
  AnyResourceContents,
  AudioContent,
  ContentBlock,
  EmbeddedResource,
  ImageContent,
  ResourceLink,
} from '../protocol/types/content.js';
import type { PromptMessage } from '../protocol/types/prompts.js';

/** An image, from its bytes. */
export function image(bytes: Uint8Array, mimeType: string): ImageContent {
  return { type: 'image', data: base64(bytes), mimeType };
}

/** A sound, from its bytes. */
export function audio(bytes: Uint8Array, mimeType: string): AudioContent {
  return { type: 'audio', data: base64(bytes), mimeType };
}

/**
 * What is at an address: text or bytes.
 *
 * @param mimeType `text/plain` for text and `application/octet-stream` for bytes if not set.
 */
export function contents(
  uri: string,
  value: string | Uint8Array,
  mimeType = typeof value === 'string' ? 'text/plain' : 'application/octet-stream',
): AnyResourceContents {
  if (typeof value === 'string') return { uri, mimeType, text: value };
  return { uri, mimeType, blob: base64(value) };
}

/** A resource's contents, within what is said: what {@link contents} gives. */
export function embedded(resource: AnyResourceContents): EmbeddedResource {
  return { type: 'resource', resource };
}

/** A resource that can be read, without its contents. */
export function link(
  uri: string,
  about: Omit<ResourceLink, 'type' | 'uri' | 'name'> & { readonly name?: string } = {},
): ResourceLink {
  return { name: uri, ...about, type: 'resource_link', uri };
}

/** What the user says: text, or a block of content. */
export function user(said: string | ContentBlock): PromptMessage {
  return { role: 'user', content: block(said) };
}

/** What the model says: text, or a block of content. */
export function assistant(said: string | ContentBlock): PromptMessage {
  return { role: 'assistant', content: block(said) };
}
