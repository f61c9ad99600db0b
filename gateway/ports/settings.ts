/** What is stored once for the whole gateway. */
export interface SettingStore {
    get(key: string): Promise<string | undefined>;
    set(key: string, value: string): Promise<void>;
}
