import {
  acceptedContent,
  type ContentBlock,
  fromJsonSchema,
  inputRequired,
  type McpServer,
  ResourceTemplate,
} from '@modelcontextprotocol/server'
import { embedded, image, object, PNG, text } from './contents.ts'

/** The template of the resource with an id. */
export const TEMPLATE = 'test://template/{id}/data'

export function addResources(server: McpServer): void {
  const add = (
    name: string,
    uri: string,
    mimeType: string,
    content: { text: string } | { blob: string },
  ) =>
    server.registerResource(name, uri, { description: `Has ${name}.`, mimeType }, () => ({
      contents: [{ uri, mimeType, ...content }],
    }))
  add('a static text', 'test://static-text', 'text/plain', { text: 'a static text' })
  add('a static image', 'test://static-binary', 'image/png', { blob: PNG })
  add('a watched text', 'test://watched-resource', 'text/plain', { text: 'a watched text' })
  server.registerResource(
    'data with an id',
    new ResourceTemplate(TEMPLATE, {
      list: undefined,
      complete: { id: (value) => ['123', '456'].filter((id) => id.startsWith(value)) },
    }),
    { description: 'Has data with an id.', mimeType: 'application/json' },
    ({ href }, { id }) => ({
      contents: [
        { uri: href, mimeType: 'application/json', text: JSON.stringify({ id, found: true }) },
      ],
    }),
  )
}

const says = (...contents: ContentBlock[]) => ({
  messages: contents.map((content) => ({ role: 'user' as const, content })),
})

const string = (description: string) => ({ type: 'string' as const, description })

export function addPrompts(server: McpServer): void {
  server.registerPrompt('test_simple_prompt', { description: 'Is a text.' }, () =>
    says(text('a prompt')),
  )
  server.registerPrompt(
    'test_prompt_with_arguments',
    {
      description: 'Has two arguments.',
      argsSchema: fromJsonSchema<{ arg1: string; arg2: string }>(
        object({ arg1: string('The first one.'), arg2: string('The second one.') }),
      ),
    },
    ({ arg1, arg2 }) => says(text(`first: ${arg1}, second: ${arg2}`)),
  )
  server.registerPrompt(
    'test_prompt_with_embedded_resource',
    {
      description: 'Has a resource.',
      argsSchema: fromJsonSchema<{ resourceUri: string }>(
        object({ resourceUri: string('The URI of the resource.') }),
      ),
    },
    ({ resourceUri }) =>
      says(embedded(resourceUri, 'text/plain', 'a resource'), text('Read the resource.')),
  )
  server.registerPrompt('test_prompt_with_image', { description: 'Has an image.' }, () =>
    says(image(), text('Look at the image.')),
  )
  server.registerPrompt(
    'test_input_required_result_prompt',
    { description: 'Asks for a context.' },
    ({ mcpReq }) => {
      const answered = acceptedContent(mcpReq.inputResponses, 'user_context')
      if (answered !== undefined) return says(text(`context: ${String(answered['context'])}`))
      const requestedSchema = object({ context: { type: 'string' } }) as never
      const question = inputRequired.elicit({ message: 'Which context?', requestedSchema })
      return inputRequired({ inputRequests: { user_context: question } })
    },
  )
}
