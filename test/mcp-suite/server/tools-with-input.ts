import { randomBytes } from 'node:crypto'
import {
  acceptedContent,
  type CallToolResult,
  CLIENT_CAPABILITIES_META_KEY,
  type ClientCapabilities,
  createRequestStateCodec,
  fromJsonSchema,
  type InputRequiredResult,
  inputRequired,
  inputResponse,
  type McpServer,
  type ServerContext,
} from '@modelcontextprotocol/server'
import { answer, object, text, textOf } from './contents.ts'

const asks = (message: string, property: string, type: 'string' | 'boolean' = 'string') =>
  inputRequired.elicit({ message, requestedSchema: object({ [property]: { type } }) as never })

const samples = (question: string, maxTokens: number) =>
  inputRequired.createMessage({ messages: [{ role: 'user', content: text(question) }], maxTokens })

const NAME = fromJsonSchema<{ name: string }>(object({ name: { type: 'string', minLength: 1 } }))
const COLOR = fromJsonSchema<{ color: string }>(object({ color: { type: 'string', minLength: 1 } }))
const OK = fromJsonSchema<{ ok: boolean }>(object({ ok: { type: 'boolean' } }))

/** The state of a call that the client repeats with its answers. */
interface State {
  readonly step: number
  readonly name?: string
}

/** Signs the state of a call, because the state goes through the client. */
export const STATES = createRequestStateCodec<State>({ key: randomBytes(32) })

type Request = ServerContext['mcpReq']
type Result = CallToolResult | InputRequiredResult

/** Adds the tools that need answers of the client. They return the questions, and the client calls them again with its answers. */
export function addToolsWithInput(server: McpServer): void {
  const add = (
    name: string,
    description: string,
    call: (request: Request) => Result | Promise<Result>,
  ) => server.registerTool(name, { description }, ({ mcpReq }) => call(mcpReq))

  // If the client does not support sampling, the SDK responds with 400 and an error.
  add('test_missing_capability', 'Needs the capability sampling.', ({ inputResponses }) =>
    inputResponse(inputResponses, 'question').kind === 'sampling'
      ? answer(text('done'))
      : inputRequired({ inputRequests: { question: samples('Which day is it?', 50) } }),
  )
  add('test_streaming_elicitation', 'Asks for a confirmation.', ({ inputResponses }) => {
    const answered = acceptedContent(inputResponses, 'confirm', OK)
    return answered === undefined
      ? inputRequired({ inputRequests: { confirm: asks('Continue?', 'ok', 'boolean') } })
      : answer(text(`confirmed: ${answered.ok}`))
  })
  add('test_input_required_result_elicitation', 'Asks for a name.', ({ inputResponses }) => {
    const answered = acceptedContent(inputResponses, 'user_name', NAME)
    return answered === undefined
      ? inputRequired({ inputRequests: { user_name: asks('Your name?', 'name') } })
      : answer(text(`Hello, ${answered.name}!`))
  })
  add('test_input_required_result_sampling', 'Asks a model.', ({ inputResponses }) => {
    const response = inputResponse(inputResponses, 'capital_question')
    return response.kind === 'sampling'
      ? answer(text(textOf(response.result)))
      : inputRequired({ inputRequests: { capital_question: samples('Name a capital.', 100) } })
  })
  add('test_input_required_result_list_roots', 'Asks for the roots.', ({ inputResponses }) => {
    const response = inputResponse(inputResponses, 'client_roots')
    return response.kind === 'roots'
      ? answer(text(response.roots.map(({ uri }) => uri).join(', ')))
      : inputRequired({ inputRequests: { client_roots: inputRequired.listRoots() } })
  })
  add('test_input_required_result_request_state', 'Has a state.', confirming('state-ok'))
  add('test_input_required_result_tampered_state', 'Has a signed state.', confirming('confirmed'))
  add('test_input_required_result_multiple_inputs', 'Asks three questions.', askThree)
  add('test_input_required_result_multi_round', 'Asks twice.', askTwice)
  add('test_input_required_result_capabilities', 'Asks what the client supports.', askSupported)
}

function confirming(confirmed: string) {
  return async ({ inputResponses, requestState }: Request): Promise<Result> => {
    const isConfirmed = acceptedContent(inputResponses, 'confirm', OK) !== undefined
    if (isConfirmed && requestState() !== undefined) return answer(text(confirmed))
    return inputRequired({
      inputRequests: { confirm: asks('Continue?', 'ok', 'boolean') },
      requestState: await STATES.mint({ step: 1 }),
    })
  }
}

async function askThree({ inputResponses, requestState }: Request): Promise<Result> {
  const name = acceptedContent(inputResponses, 'user_name', NAME)
  const greeting = inputResponse(inputResponses, 'greeting')
  const roots = inputResponse(inputResponses, 'client_roots')
  const isComplete = name !== undefined && requestState() !== undefined
  if (isComplete && greeting.kind === 'sampling' && roots.kind === 'roots')
    return answer(text(`${textOf(greeting.result)} ${name.name}, ${roots.roots.length} roots`))
  return inputRequired({
    inputRequests: {
      user_name: asks('Your name?', 'name'),
      greeting: samples('Write a greeting.', 50),
      client_roots: inputRequired.listRoots(),
    },
    requestState: await STATES.mint({ step: 1 }),
  })
}

async function askTwice({ inputResponses, requestState }: Request): Promise<Result> {
  const name = acceptedContent(inputResponses, 'step1', NAME)?.name ?? requestState<State>()?.name
  if (name === undefined) {
    return inputRequired({
      inputRequests: { step1: asks('Your name?', 'name') },
      requestState: await STATES.mint({ step: 1 }),
    })
  }
  const color = acceptedContent(inputResponses, 'step2', COLOR)?.color
  if (color !== undefined) return answer(text(`${name} likes ${color}.`))
  return inputRequired({
    inputRequests: { step2: asks('Your color?', 'color') },
    requestState: await STATES.mint({ step: 2, name }),
  })
}

function askSupported({ envelope, inputResponses }: Request): Result {
  const members: Readonly<Record<string, unknown>> = envelope ?? {}
  const capabilities = members[CLIENT_CAPABILITIES_META_KEY] as ClientCapabilities | undefined
  const { sampling, elicitation } = capabilities ?? {}
  const inputRequests = {
    ...(elicitation && { user_name: asks('Your name?', 'name') }),
    ...(sampling && { greeting: samples('Write a greeting.', 50) }),
  }
  const isOpen = Object.keys(inputRequests).some((key) => inputResponses?.[key] === undefined)
  return isOpen ? inputRequired({ inputRequests }) : answer(text('done'))
}
