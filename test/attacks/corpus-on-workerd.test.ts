import { onWorkerd } from '../remote/on-workerd.ts'
import { runCorpus } from './run-corpus.ts'

runCorpus(onWorkerd)
