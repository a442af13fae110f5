/** What this process was told by the one that has started it. It ends with that one. */
export function programArgument(): unknown {
  process.on('disconnect', () => process.exit())
  return JSON.parse(process.argv[2]!)
}
