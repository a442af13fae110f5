import type { RequestHandler } from 'express'

/**
 * The methods whose operations have names. For each method: the option that lists its operations, and the parameter with the
 * name.
 */
const NAMED: Readonly<
  Record<string, readonly ['tools' | 'prompts' | 'resources', 'name' | 'uri']>
> = {
  'tools/call': ['tools', 'name'],
  'prompts/get': ['prompts', 'name'],
  'resources/read': ['resources', 'uri'],
  'resources/subscribe': ['resources', 'uri'],
  'resources/unsubscribe': ['resources', 'uri'],
}

interface Message {
  readonly method?: string
  readonly params?: Readonly<Record<string, unknown>>
}

/**
 * Records the operations that pass the guard. `operations` are options for a guard: they list the recorded operations without
 * more requirements.
 */
export function recordOperations() {
  const operations: Record<'tools' | 'prompts' | 'resources', Record<string, object>> = {
    tools: {},
    prompts: {},
    resources: {},
  }
  const record: RequestHandler = (request, _response, next) => {
    const { method = '', params = {} } = (request.body ?? {}) as Message
    const [option, parameter] = NAMED[method] ?? []
    const name = parameter && params[parameter]
    if (option !== undefined && typeof name === 'string') operations[option][name] = {}
    const { type, name: prompt, uri } = (params['ref'] ?? {}) as Record<string, string>
    if (type === 'ref/prompt') operations.prompts[prompt!] = {}
    if (type === 'ref/resource') operations.resources[uri!] = {}
    next()
  }
  return { operations, record }
}
