import {
  type CallToolResult,
  fromJsonSchema,
  type JsonSchemaType,
  type McpServer,
  type ServerContext,
  type ServerNotifier,
} from '@modelcontextprotocol/server'
import { answer, embedded, image, object, text, WAV } from './contents.ts'

/** The keywords of JSON Schema 2020-12 that a list of tools must keep. */
const ALL_KEYWORDS: JsonSchemaType = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  $defs: {
    address: { $anchor: 'place', type: 'object', properties: { country: { type: 'string' } } },
  },
  properties: { address: { $ref: '#/$defs/address' }, isGift: { type: 'boolean' } },
  allOf: [{ anyOf: [{ required: ['address'] }, { required: ['isGift'] }] }],
  if: { required: ['isGift'] },
  // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema
  then: { required: ['address'] },
  else: { properties: { address: { type: 'object' } } },
  additionalProperties: false,
}

/** The schema of an argument that the client also sends in the header `Mcp-Param-Region`. */
const REGION = Object.assign({ type: 'string' as const }, { 'x-mcp-header': 'Region' })

type Call = (context: ServerContext) => CallToolResult | Promise<CallToolResult>

/** Adds the tools that need no answer of the client. The suite calls the first tool without arguments. */
export function addTools(server: McpServer, getNotifier: () => ServerNotifier): void {
  const add = (name: string, description: string, call: Call) =>
    server.registerTool(name, { description }, call)

  add('test_simple_text', 'Returns a text.', () => answer(text('a text')))
  add('test_image_content', 'Returns an image.', () => answer(image()))
  add('test_audio_content', 'Returns a sound.', () =>
    answer({ type: 'audio', data: WAV, mimeType: 'audio/wav' }),
  )
  add('test_embedded_resource', 'Returns a resource.', () =>
    answer(embedded('test://embedded-resource', 'text/plain', 'a resource')),
  )
  add('test_multiple_content_types', 'Returns a text, an image and a resource.', () =>
    answer(
      text('three contents'),
      image(),
      embedded('test://mixed-content-resource', 'application/json', '{"a":1}'),
    ),
  )
  add('test_error_handling', 'Fails.', () => {
    throw new Error('This tool always fails.')
  })
  add('test_tool_with_progress', 'Reports its progress.', async ({ mcpReq }) => {
    const progressToken = mcpReq._meta?.progressToken
    for (const progress of progressToken === undefined ? [] : [0, 50, 100]) {
      const params = { progressToken, progress, total: 100 }
      await mcpReq.notify({ method: 'notifications/progress', params })
    }
    return answer(text('done'))
  })
  for (const name of ['test_tool_with_logging', 'test_logging_tool'])
    add(name, 'Writes three messages to the log.', writeLog)
  add('test_trigger_tool_change', 'Reports that the list of tools has changed.', () => {
    getNotifier().toolsChanged()
    return answer(text('done'))
  })
  add('test_trigger_prompt_change', 'Reports that the list of prompts has changed.', () => {
    getNotifier().promptsChanged()
    return answer(text('done'))
  })
  server.registerTool(
    'json_schema_2020_12_tool',
    { description: 'Has a schema with many keywords.', inputSchema: fromJsonSchema(ALL_KEYWORDS) },
    (input) => answer(text(JSON.stringify(input))),
  )
  server.registerTool(
    'test_custom_header',
    {
      description: 'Has an argument that is also a header.',
      inputSchema: fromJsonSchema<{ region: string }>(object({ region: REGION })),
    },
    ({ region }) => answer(text(region)),
  )
}

async function writeLog({ mcpReq }: ServerContext): Promise<CallToolResult> {
  for (const step of ['started', 'working', 'completed'])
    // oxlint-disable-next-line typescript/no-deprecated -- the suite checks these messages
    await mcpReq.log('info', step, 'conformance')
  return answer(text('done'))
}
