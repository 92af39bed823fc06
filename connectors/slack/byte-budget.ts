/** Lets work wait until few enough bytes are in flight; first come, first served. */
export class ByteBudget {
  private free: number;
  private readonly waiting: { readonly bytes: number; readonly begin: () => void }[] = [];

  constructor(private readonly limit: number) {
    this.free = limit;
  }

  /** @param bytes what the work will hold; more than the limit waits until it is alone */
  async hold<Result>(bytes: number, work: () => Promise<Result>): Promise<Result> {
    const taken = Math.min(Math.max(0, bytes), this.limit);
    if (this.waiting.length > 0 || taken > this.free)
      await new Promise<void>((begin) => this.waiting.push({ bytes: taken, begin }));
    else this.free -= taken;
    try {
      return await work();
    } finally {
      this.free += taken;
      this.beginNext();
    }
  }

  private beginNext(): void {
    for (let next = this.waiting[0]; next && next.bytes <= this.free; next = this.waiting[0]) {
      this.waiting.shift();
      this.free -= next.bytes;
      next.begin();
    }
  }
}
