import type { ContentBlock, JsonSchemaType } from '@modelcontextprotocol/server'

/** One red pixel. */
export const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg=='

/** A WAV file without samples: PCM, mono, 8 kHz, 8 bits. */
export const WAV = 'UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA='

export const text = (value: string) => ({ type: 'text' as const, text: value })

export const image = () => ({ type: 'image' as const, data: PNG, mimeType: 'image/png' })

export const embedded = (uri: string, mimeType: string, value: string) => ({
  type: 'resource' as const,
  resource: { uri, mimeType, text: value },
})

/** Returns the result of a tool. */
export const answer = (...content: ContentBlock[]) => ({ content })

type Schemas = NonNullable<Exclude<JsonSchemaType, boolean>['properties']>

/** Returns the JSON Schema of an object with these required properties. */
export const object = (properties: Schemas) => ({
  type: 'object' as const,
  properties,
  required: Object.keys(properties),
})

/** Returns the text of a model's answer, or an empty text. */
export function textOf({ content }: { readonly content: unknown }): string {
  for (const { text: found } of [content].flat() as { readonly text?: string }[])
    if (found !== undefined) return found
  return ''
}
