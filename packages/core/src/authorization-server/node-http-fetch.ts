import type { Agent, IncomingMessage } from 'node:http'
import type { Fetch, FetchInit } from '../model/fetch.ts'
import { decodeBody } from './node-decode-body.ts'

/** Ports that the Fetch standard blocks (section 2.9), because servers of other protocols use them. */
const BLOCKED_PORTS = new Set(
  `1 7 9 11 13 15 17 19 20 21 22 23 25 37 42 43 53 69 77 79 87 95 101 102 103 104 109 110 111 113 115 117 119 123 135 137
  139 143 161 179 389 427 465 512 513 514 515 526 530 531 532 540 548 554 556 563 587 601 636 989 990 993 995 1719 1720 1723
  2049 3659 4045 4190 5060 5061 6000 6566 6665 6666 6667 6668 6669 6679 6697 10080`.split(/\s+/),
)

/**
 * Makes a GET request with `node:http` or `node:https`, and behaves like the global `fetch` of Node. The global `fetch` loads
 * undici at its first call, which takes about 20 ms and 12 MB. Every call of `httpFetch` uses a new connection, so that no byte of
 * one response can be read as a part of another response. For frequent calls, the global `fetch` is faster.
 *
 * Does NOT send a body.
 */
export const httpFetch: Fetch = async (url, init) => {
  const target = new URL(url)
  checkAddress(target)
  const incoming = await send(target, init)
  const status = incoming.statusCode!
  // The global `fetch` does not accept these statuses either: 101 was not requested, and 407 is for clients of a proxy.
  if (status < 200 || status === 407) {
    incoming.destroy()
    throw new TypeError('unexpected status')
  }
  const get = (name: string) => getField(incoming, name)
  const body = decodeBody(incoming, get('content-encoding'))
  return { status, type: 'basic', redirected: false, headers: { get }, body }
}

/** Returns the values of a header field, joined with commas. `incoming.headers` omits repeated fields of some names. */
function getField({ rawHeaders }: IncomingMessage, name: string): string | null {
  const isNamed = (field: string) => field.toLowerCase() === name.toLowerCase()
  const values = rawHeaders.filter((_, i) => i % 2 === 1 && isNamed(rawHeaders[i - 1]!))
  return values.length === 0 ? null : values.join(', ')
}

/** Throws a `TypeError` for an address that the global `fetch` does not call. */
function checkAddress({ protocol, username, password, port }: URL): void {
  if (protocol !== 'https:' && protocol !== 'http:') throw new TypeError('unknown scheme')
  if (username !== '' || password !== '') throw new TypeError('the URL has credentials')
  if (BLOCKED_PORTS.has(port)) throw new TypeError('bad port')
}

/**
 * Sends a request. Resolves when the head of the response is complete. Every emitter of the call has a listener for errors,
 * because an error event without a listener ends the process.
 */
function send(url: URL, { headers, signal }: FetchInit): Promise<IncomingMessage> {
  const isSecure = url.protocol === 'https:'
  return new Promise((resolve, reject) => {
    const outgoing = getModule(isSecure).request(url, {
      method: 'GET',
      headers: {
        host: url.host,
        connection: 'close',
        ...headers,
        // The other fields that the global `fetch` sends, in the same order.
        'accept-language': '*',
        'sec-fetch-mode': 'cors',
        'user-agent': 'node',
        'accept-encoding': isSecure ? 'br, gzip, deflate' : 'gzip, deflate',
      },
      agent: getAgent(isSecure),
      signal,
      insecureHTTPParser: false,
    })
    // Node limits the size of the head. If it also limited the number of fields, it would ignore the last fields.
    outgoing.maxHeadersCount = 0
    outgoing.on('socket', (socket) => {
      socket.on('error', ignore)
      // If the request were written during the handshake, the error code of a failed handshake would be lost.
      if (isSecure) socket.once('secureConnect', () => outgoing.end())
      else outgoing.end()
    })
    outgoing.on('error', reject)
    outgoing.on('response', (incoming) => {
      incoming.on('error', ignore)
      // With this listener, the body rejects with the error of the response. Without it, the body would reject with ECONNRESET.
      outgoing.on('error', (error) => void (incoming.complete || incoming.destroy(error)))
      resolve(incoming)
    })
    // The request did not ask for 100 (Continue). The global `fetch` also treats this response as a fault of the connection.
    outgoing.on('continue', () => {
      reject(createReset())
      outgoing.destroy()
    })
    // After 101 (Switching Protocols), Node closes the connection without an error event.
    outgoing.on('close', () => reject(createReset()))
  })
}

function createReset(): Error {
  return Object.assign(new Error('the connection was closed'), { code: 'ECONNRESET' })
}

function ignore(): void {}

/** Returns `node:http` or `node:https`. An `import` reads all exports of `node:http`, and one of them loads undici. */
function getModule(isSecure: boolean) {
  return process.getBuiltinModule(isSecure ? 'node:https' : 'node:http')
}

const agents = new Map<boolean, Agent>()

/** Returns the agent for a protocol. Does not use the global agents, because an application can change their options. */
function getAgent(isSecure: boolean): Agent {
  const agent = agents.get(isSecure) ?? new (getModule(isSecure).Agent)({ keepAlive: false })
  agents.set(isSecure, agent)
  return agent
}
