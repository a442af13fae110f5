import express4 from 'express4'
import { onExpress } from '../support/on-express.ts'
import { runCorpus } from './run-corpus.ts'

runCorpus(onExpress('Express 4', express4))
