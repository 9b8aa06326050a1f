/**
 * What waits for the driver, and the questions it has yet to answer.
 *
 * Not standardized.
 *
 * Invariants
 * - Log lines are lost when too much waits; nothing else is.
 * - After `ended` nothing is added.
 * - Every question is answered once; an answer nobody waits for is ignored.
 *
 * @module
 */
import type { Instant } from '../../../base/units.ts';
import type { EdgeConfig } from '../config/index.ts';
import type { MeshEnd, MeshLogTopic, MeshOutput } from '../ports.ts';
import { OUTPUTS_MAX, QUESTIONS_MAX } from './limits.ts';

type LogLevel = Extract<MeshOutput, { kind: 'log' }>['level'];

export class Outputs {
  hasEnded = false;
  private queue: MeshOutput[] = [];
  private head = 0;
  private switches: EdgeConfig['LogLevel'];

  constructor(switches: EdgeConfig['LogLevel']) {
    this.switches = switches;
  }

  setSwitches(switches: EdgeConfig['LogLevel']): void {
    this.switches = switches;
  }

  push(output: MeshOutput): void {
    if (!this.hasEnded) this.queue.push(output);
  }

  /** Whether a line of this topic would be told. */
  tells(topic: MeshLogTopic): boolean {
    const { LogTransit, LogNormal, LogControl, LogInternal, LogNTP } = this.switches;
    const told = {
      life: true,
      transit: LogTransit,
      normal: LogNormal,
      control: LogControl,
      internal: LogInternal,
      ntp: LogNTP,
    };
    return told[topic];
  }

  log(
    level: LogLevel,
    topic: MeshLogTopic,
    message: string,
    fields: Readonly<Record<string, unknown>> = {},
  ): void {
    if (!this.tells(topic) || this.queue.length - this.head >= OUTPUTS_MAX) return;
    this.push({ kind: 'log', level, topic, message, fields });
  }

  end(end: MeshEnd): void {
    this.push({ kind: 'ended', end });
    this.hasEnded = true;
  }

  next(): MeshOutput | undefined {
    const output = this.queue[this.head];
    if (output === undefined) return undefined;
    this.head++;
    if (this.head === this.queue.length) {
      this.queue = [];
      this.head = 0;
    }
    return output;
  }
}

/** What to do with an answer. */
export type OnAnswer<Answer> = (answer: Answer, now: Instant) => void;

/** Numbers that no two questions share, of whatever kind they are. */
export class QuestionNumbers {
  private last = 0;

  next(): number {
    return ++this.last;
  }
}

/** Questions of one kind. */
export class Questions<Answer> {
  private readonly numbers: QuestionNumbers;
  private readonly waiting = new Map<number, OnAnswer<Answer>>();

  constructor(numbers: QuestionNumbers) {
    this.numbers = numbers;
  }

  /** Returns the number of a question, undefined when too many wait. */
  add(onAnswer: OnAnswer<Answer>): number | undefined {
    if (this.waiting.size >= QUESTIONS_MAX) return undefined;
    const question = this.numbers.next();
    this.waiting.set(question, onAnswer);
    return question;
  }

  answer(question: number, answer: Answer, now: Instant): void {
    const onAnswer = this.waiting.get(question);
    if (onAnswer === undefined) return;
    this.waiting.delete(question);
    onAnswer(answer, now);
  }
}
