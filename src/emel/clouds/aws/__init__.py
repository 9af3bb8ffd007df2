"""AWS, through boto3. Nothing is sent before something is asked of it. Needs the extra `aws`."""
