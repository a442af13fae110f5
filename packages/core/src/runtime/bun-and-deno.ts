/**
 * The functions that differ between runtimes, for Bun and Deno, which have the modules of Node. `package.json` maps every import
 * such as `#sha256` to one of the files in this folder. One file exports all functions, because a file for each import would take
 * more time to load.
 */
export { fetch } from '../authorization-server/portable-fetch.ts'
export {
  getBackgroundWork,
  keepInBackground,
  runDetached,
  WORK_ENDS_WITH_REQUEST,
} from '../lib/node-async-context.ts'
export { decodeBase64url, encodeBase64url, readBase64url } from '../lib/node-base64url.ts'
export { diagnosticsChannel } from '../lib/node-diagnostics-channel.ts'
export { hmacSha256, sha256, sha256OfBytes } from '../lib/node-sha256.ts'
export { signatureEngine } from '../signature/portable-engine.ts'
