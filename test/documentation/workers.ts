import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type RunningWorker, startWorker } from '../support/workerd.ts'
import { API, authorizationServer } from './fixture.ts'

/**
 * Writes a snippet to a module and starts it in workerd. Its bindings `ISSUER` and `AUDIENCE` name the authorization server of the
 * test and the API.
 */
export function startSnippetAsWorker(name: string, code: string): Promise<RunningWorker> {
  const folder = new URL('../.snippets/', import.meta.url)
  mkdirSync(folder, { recursive: true })
  const entry = fileURLToPath(new URL(`${name}.mjs`, folder))
  writeFileSync(entry, code)
  const bindings = { ISSUER: authorizationServer.issuer, AUDIENCE: API }
  return startWorker({ entry, bindings })
}
