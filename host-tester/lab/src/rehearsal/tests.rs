mod checks;
mod read;
