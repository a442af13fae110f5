import type { IncomingMessage, ServerResponse } from 'node:http'
import { listen, type RunningServer } from '../support/servers.ts'
import { decode, encode, type Encoded } from './encoding.ts'

/** Functions of the test process that another process can call. */
export interface Control extends RunningServer {
  /** Adds a function. Returns the id by which it is called. */
  register(callee: Callee): number
}

type Callee = (...args: readonly unknown[]) => unknown

/** Starts the server through which another process calls functions of this process. */
export async function startControl(): Promise<Control> {
  const callees: Callee[] = []
  const server = await listen(async (request, response) => respond(callees, request, response))
  return { ...server, register: (callee) => callees.push(callee) - 1 }
}

async function respond(
  callees: readonly Callee[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const [id, args] = (await readJson(request)) as [id: number, args: Encoded]
    const result = await callees[id]!(...(decode(args) as unknown[]))
    response.end(JSON.stringify(encode(result, 'result')))
  } catch (error) {
    response.writeHead(500).end(JSON.stringify((error as Error).message))
  }
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Uint8Array[] = []
  for await (const chunk of request) chunks.push(chunk as Uint8Array)
  return JSON.parse(Buffer.concat(chunks).toString())
}
