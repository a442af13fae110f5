import {
  copyOwnMembers,
  describeNotPlain,
  isPlainObject,
  type Problems,
} from '@bearward/core/internal'
import {
  type AllowedOrigins,
  type GuardParts,
  readCorsOptions,
  toCors,
} from '@bearward/core/internal-guards'
import { isHeaderName } from './api-key-options.ts'
import { OWNER } from './check-origin.ts'
import { collectProblems } from './collect-problems.ts'
import { HTTP_METHODS, REQUEST_HEADERS, RESPONSE_HEADERS } from './protocol.ts'

/** The options `origins` and `cors` after validation. */
export interface OriginSettings {
  readonly origins: AllowedOrigins
  /** `undefined`: the guard does not respond to preflight requests. */
  readonly cors: ReturnType<typeof toCors> | undefined
}

type Own = Readonly<Record<string, unknown>>

/** Reads the options `origins` and `cors`. */
export function readOriginOptions(
  own: Own,
  server: GuardParts,
  problems: Problems,
): OriginSettings {
  const { cors, origins = getOwnOrigin(server) } = own
  if (origins === undefined) {
    problems.add(
      "origins is missing: set the origins of the pages that may call this server, such as ['https://app.example.com'], or set the option resource of createBearward. If no page may call it, set origins: [].",
    )
  }
  if (origins === '*') {
    problems.add(
      "origins cannot be '*': a page could resolve its own host name to the address of this server, and then call the server (DNS rebinding). List the origins.",
    )
  }
  if (cors !== undefined && typeof cors !== 'boolean' && !isPlainObject(cors))
    problems.add(`cors must be true, false or an object, not ${describeNotPlain(cors)}.`)
  const isEmpty = Array.isArray(origins) && origins.length === 0
  if (isEmpty && cors !== undefined && cors !== false)
    problems.add('cors requires origins: list the origins whose pages may call this server.')
  if (isEmpty || origins === undefined || origins === '*') return { origins: [], cors: undefined }
  return readCors(own, origins as AllowedOrigins, problems)
}

function readCors(own: Own, origins: AllowedOrigins, problems: Problems): OriginSettings {
  const { cors, apiKeys } = own
  const isOn = cors !== undefined && cors !== false
  const members = copyOwnMembers(isPlainObject(cors) ? cors : {})
  problems.unknownNames(members, ['headers', 'exposedHeaders', 'maxAge'], { prefix: 'cors.' })
  const { headers, exposedHeaders, maxAge } = members
  // `readCorsOptions` reports a value that is not an array.
  const add = (usual: readonly string[], more: unknown = []) =>
    Array.isArray(more) ? [...usual, ...(more as string[])] : more
  const settings = collectProblems(
    problems,
    () =>
      readCorsOptions({
        origins,
        methods: HTTP_METHODS,
        headers: add([...REQUEST_HEADERS, ...getKeyHeader(apiKeys)], headers),
        exposedHeaders: add(RESPONSE_HEADERS, exposedHeaders),
        maxAge,
      }),
    // Here, `origins` is an option of the guard, and it cannot be '*'.
    (problem) =>
      problem.startsWith('origins') ? problem.replace(", '*',", ',') : `cors.${problem}`,
  )
  if (settings === undefined) return { origins: [], cors: undefined }
  return {
    origins: settings.origins as AllowedOrigins,
    cors: isOn ? toCors(settings, OWNER) : undefined,
  }
}

/** Returns the name of the header with API keys: pages must be able to send this header. */
function getKeyHeader(apiKeys: unknown): readonly string[] {
  const header = isPlainObject(apiKeys) ? copyOwnMembers(apiKeys)['header'] : undefined
  return typeof header === 'string' && isHeaderName(header) ? [header] : []
}

/** Returns the origin of the option `resource`. */
function getOwnOrigin({ resource }: GuardParts): readonly string[] | undefined {
  const origin = resource === undefined ? 'null' : new URL(resource).origin
  return origin === 'null' ? undefined : [origin]
}
